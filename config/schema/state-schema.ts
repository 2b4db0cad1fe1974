/**
 * The schema of a state rule: what signals say a machine does. A profile has one over its own signals; a machine of the
 * site file may have one over those of all its devices. Read next: profile-schema.ts, machine-schema.ts,
 * config/check/state.ts (what no schema can say).
 */
import Type from 'typebox'
import { closed, itemState, literals } from './field.ts'

/** A whole number, or what a signal of a type that is text shows: a node id, a name. */
export const ANY_VALUE = '^.{1,256}$'

const stateOrInner = literals(
  ['NotAvailable', 'OutOfService', 'NotExecuting', 'Executing', 'inner'] as const,
  'OPC 40001-1 MachineryItemState, or `inner`.',
)

/** The kinds of a rule; `name` is the pattern by which it names a signal. */
export const stateRules = (name: string) =>
  [
    Type.Object(
      {
        kind: Type.Literal('map', { description: 'Value map.' }),
        signal: Type.String({ pattern: name, description: 'Signal looked at.' }),
        states: Type.Record(Type.String({ pattern: ANY_VALUE }), itemState, {
          description: 'Value → state. Any other value is no state: Unknown.',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('priority', { description: 'First true signal wins.' }),
        rules: Type.Array(
          Type.Object(
            { when: Type.String({ pattern: name, description: 'A boolean signal.' }), state: itemState },
            closed,
          ),
          { minItems: 1, maxItems: 32 },
        ),
        else: itemState,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('threshold', { description: 'A number with hysteresis.' }),
        signal: Type.String({ pattern: name, description: 'Signal looked at.' }),
        above: Type.Number({ description: 'At or above: state `on`.' }),
        below: Type.Number({ description: 'Below: state `off`; between the two the last state stays.' }),
        on: itemState,
        off: itemState,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('nested', { description: 'State machines inside one another.' }),
        levels: Type.Array(
          Type.Object(
            {
              signal: Type.String({ pattern: name, description: 'The state of this state machine.' }),
              states: Type.Record(Type.String({ pattern: ANY_VALUE }), stateOrInner, {
                description: 'Value → state, or `inner`: the next state machine says it. Any other value: Unknown.',
              }),
            },
            closed,
          ),
          { minItems: 2, maxItems: 8, description: 'From the outside in.' },
        ),
      },
      closed,
    ),
  ] as const
