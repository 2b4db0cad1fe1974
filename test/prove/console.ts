/** The proof `console`: the pages as people meet them, in a real Chromium. One file an item. */
import { attacks } from './console/attacks.ts'
import { axe } from './console/axe.ts'
import { budget } from './console/budget.ts'
import { commission } from './console/commission.ts'
import { credits } from './console/credits.ts'
import { crowd } from './console/crowd.ts'
import { firstRun } from './console/first-run.ts'
import { newcomer } from './console/newcomer.ts'
import { pages } from './console/pages.ts'
import { screenshots } from './console/screenshots.ts'
import { shared } from './console/shared.ts'
import { sinks } from './console/sinks.ts'
import type { Proof } from './item.ts'

export const console_: Proof = {
  about: 'the pages: every path in both languages, what they weigh, what attacks them',
  items: [newcomer, firstRun, sinks, shared, budget, pages, credits, commission, axe, crowd, attacks, screenshots],
  quickLanes: 2,
}
