// What a recording keeps in its object's storage while it is made, beside the journal and the speech.

import * as v from 'valibot';
import { packRuns, unpackRuns } from '../../core/recording/runs.ts';
import type { RecordingPlan, SurveySnapshot } from '../../core/recording/survey.ts';
import type { RowMeter } from '../runtime/row-meter.ts';
import { checkRow } from '../runtime/row-size.ts';
import { RECORDING_STATE, type RecordingState } from './recording-state.ts';

const STATE_KEY = 'recording';
const SURVEY_KEY = 'recording-survey';
const PLAN_KEY = 'recording-plan';

/** A plan with its runs packed. */
type StoredPlan = Omit<RecordingPlan, 'runs'> & { readonly runs: Float64Array };

/** Synchronous, as the object's own storage is. */
export class RecordingStore {
  readonly #kv: SyncKvStorage;
  readonly #meter: RowMeter;

  constructor(kv: SyncKvStorage, meter: RowMeter) {
    this.#kv = kv;
    this.#meter = meter;
  }

  /** Null before the end of the call. */
  get state(): RecordingState | null {
    const state = v.safeParse(RECORDING_STATE, this.#kv.get(STATE_KEY));
    return state.success ? state.output : null;
  }

  writeState(state: RecordingState): void {
    this.#meter.wrote('recording');
    this.#kv.put(STATE_KEY, state);
  }

  get survey(): SurveySnapshot | null {
    return this.#kv.get<SurveySnapshot>(SURVEY_KEY) ?? null;
  }

  /** Throws RowSizeError when it does not fit. */
  writeSurvey(survey: SurveySnapshot): void {
    checkRow(SURVEY_KEY, survey);
    this.#meter.wrote('recording');
    this.#kv.put(SURVEY_KEY, survey);
  }

  get plan(): RecordingPlan | null {
    const plan = this.#kv.get<StoredPlan>(PLAN_KEY);
    return plan === undefined ? null : { ...plan, runs: unpackRuns(plan.runs) };
  }

  /** Stored in place of the survey. Throws RowSizeError when it does not fit. */
  writePlan(plan: RecordingPlan): void {
    const stored: StoredPlan = { ...plan, runs: packRuns(plan.runs) };
    checkRow(PLAN_KEY, stored);
    this.#meter.wrote('recording');
    this.#kv.put(PLAN_KEY, stored);
    this.#delete(SURVEY_KEY);
  }

  /** Only the state is left. */
  dropWork(): void {
    this.#delete(SURVEY_KEY);
    this.#delete(PLAN_KEY);
  }

  #delete(key: string): void {
    if (this.#kv.delete(key)) this.#meter.wrote('deletion');
  }
}
