/**
 * What a machine does, by the rule of a device's profile or by one of its own, and what else decides whether it is
 * free. Pure. Read next: machine.ts; gateway/core/reading/condition.ts, which reads it.
 */
import type { MachineConfig, StateRuleConfig } from '../../gateway/core/ground/config.ts'
import { ruleSignals } from '../../gateway/core/ground/rule.ts'
import type { ProfileFile } from '../schema/profile-schema.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import { idOf, type Part } from './part.ts'

type Shown = Pick<MachineConfig, 'state' | 'mode' | 'emergencyStop' | 'fault'>

/**
 * With the alias of a device all of it is that of its profile. With a rule of the machine's own, mode, emergency stop
 * and fault are each those of the first device whose profile has one.
 */
export function shownOf(machine: string, given: SiteFile['machines'][string]['state'], parts: readonly Part[]): Shown {
  const from = typeof given === 'string' ? parts.filter(({ device }) => device.alias === given) : parts
  const withMode = from.find(({ profile }) => profile.mode)
  const withStop = from.find(({ profile }) => profile.emergencyStop)
  const withFault = from.find(({ profile }) => profile.fault)
  const mode = withMode?.profile.mode
  return {
    state:
      typeof given === 'string'
        ? named(from[0]!.profile.state!, (signal) => idOf(from[0]!, signal))
        : named(given, (signal) => `${machine}/${signal}`),
    ...(withMode && mode && { mode: { signal: idOf(withMode, mode.signal), modes: mode.modes } }),
    ...(withStop && { emergencyStop: idOf(withStop, withStop.profile.emergencyStop!) }),
    ...(withFault && { fault: idOf(withFault, withFault.profile.fault!) }),
  }
}

function named(rule: NonNullable<ProfileFile['state']>, id: (signal: string) => string): StateRuleConfig {
  switch (rule.kind) {
    case 'priority':
      return { ...rule, rules: rule.rules.map(({ when, state }) => ({ when: id(when), state })) }
    case 'nested':
      return { ...rule, levels: rule.levels.map(({ signal, states }) => ({ signal: id(signal), states })) }
    default:
      return { ...rule, signal: id(rule.signal) }
  }
}

/** The signals that decide whether it is free: while one of them is stale or bad, the machine is Unknown. */
export function decidingSignals({ state, mode, emergencyStop, fault }: Shown): ReadonlySet<string> {
  return new Set([...ruleSignals(state), mode?.signal, emergencyStop, fault].filter((id) => id !== undefined))
}
