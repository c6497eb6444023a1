// The configuration of a conversation: completed from the table of its numbers, and checked at construction.

import { CONFIG_FIELDS } from './config-fields.ts';

export type ConfigName = keyof typeof CONFIG_FIELDS;

/** The numbers of one conversation, complete and checked. */
export type ConversationConfig = { readonly [Name in ConfigName]: number };

/** Some of the numbers, as a developer gives them. */
export type ConfigOverrides = { readonly [Name in ConfigName]?: number | undefined };

/** Thrown at construction; the message is a sentence for the developer. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Completes and checks a configuration. `overrides` may come from outside, so unknown names are refused.
 * Throws ConfigurationError with a sentence that names the field, the rule and the value received.
 */
export function conversationConfig(
  overrides: Readonly<Record<string, unknown>> = {},
): ConversationConfig {
  const config = Object.fromEntries(
    Object.entries(CONFIG_FIELDS).map(([name, field]) => [name, field.default]),
  ) as Record<ConfigName, number>;
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    if (!isConfigName(name)) {
      throw new ConfigurationError(
        `Cannot configure the conversation: there is no setting "${name}".`,
      );
    }
    config[name] = checked(name, value);
  }
  if (config.leaveThreshold >= config.enterThreshold) {
    throw new ConfigurationError(
      `Cannot configure the conversation: "leaveThreshold" must be below "enterThreshold" (${config.enterThreshold}), received ${config.leaveThreshold}.`,
    );
  }
  if (config.pauseMs > config.hangoverMs) {
    throw new ConfigurationError(
      `Cannot configure the conversation: "pauseMs" must not exceed "hangoverMs" (${config.hangoverMs}), received ${config.pauseMs}.`,
    );
  }
  return config;
}

function isConfigName(name: string): name is ConfigName {
  return Object.hasOwn(CONFIG_FIELDS, name);
}

function checked(name: ConfigName, value: unknown): number {
  const { min, max, unit } = CONFIG_FIELDS[name];
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new ConfigurationError(
      `Cannot configure the conversation: "${name}" must be a number of ${unit} from ${min} to ${max}, received ${JSON.stringify(value)}.`,
    );
  }
  return value;
}
