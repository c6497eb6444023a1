// What part of a call is on the screen.

import { expect, it } from 'vitest';
import { View } from '../../../client/page/draw/view.ts';

it('[O18] fills from the left, then follows the newest sound', () => {
  const view = new View(20_000);
  view.follow(1000);
  expect([view.startMs, view.endMs]).toEqual([0, 20_000]);
  view.follow(60_000);
  expect(view.endMs).toBe(60_800);
  expect(view.x(50_800, 1000)).toBe(500);
});

it('[O18] stands still for somebody who looks back, and follows again at the end', () => {
  const view = new View(20_000);
  view.follow(60_000);
  view.move(-10_000, 60_000);
  view.follow(65_000);
  expect([view.isFollowing, view.endMs]).toEqual([false, 50_800]);
  view.move(Number.NEGATIVE_INFINITY, 65_000);
  expect(view.startMs).toBe(0);
  view.move(Number.POSITIVE_INFINITY, 65_000);
  expect(view.isFollowing).toBe(true);
});

it('[O18] zooms around its middle, within the call', () => {
  const view = new View(20_000);
  view.showAll(0, 100_000);
  expect(view.spanMs).toBe(104_000);
  view.zoom(0.5, 100_000);
  expect([view.startMs, view.endMs]).toEqual([26_000, 78_000]);
  for (let times = 0; times < 20; times++) view.zoom(0.5, 100_000);
  expect(view.spanMs).toBe(1000);
});
