/** Which signals a state rule looks at. Read next: core/reading/condition.ts (what they say). */
import type { StateRuleConfig } from './config.ts'

export function ruleSignals(rule: StateRuleConfig): readonly string[] {
  switch (rule.kind) {
    case 'priority':
      return rule.rules.map(({ when }) => when)
    case 'nested':
      return rule.levels.map(({ signal }) => signal)
    default:
      return [rule.signal]
  }
}
