/** What a statement of structured text does, as functions that change the memory. Read next: st-expression.ts. */
import type * as ohm from 'ohm-js'
import { elementOf, expressionOf } from './st-expression.ts'
import { bool, checked, type Memory, number, type Type, type Value } from './st-value.ts'

export type Run = (memory: Memory) => void
type Put = (memory: Memory, value: Value) => void

/** A loop of more rounds does not end. */
const MOST_ROUNDS = 1000

/** Adds `run` and `put`. `typeOf` throws for a variable that is not declared. */
export function addStatements(semantics: ohm.Semantics, typeOf: (name: string) => Type): void {
  semantics.addOperation('run', statements)
  semantics.addOperation('put', targets(typeOf))
}

export const runsOf = (node: ohm.Node): Run[] => node.children.map((each) => each.run() as Run)

export function runAll(runs: readonly Run[], memory: Memory): void {
  for (const run of runs) run(memory)
}

const statements: ohm.ActionDict<Run> = {
  Statement: (each) => each.run() as Run,
  Assign(target, _is, expression, _end) {
    const value = expressionOf(expression)
    const put = target.put() as Put
    return (memory) => put(memory, value(memory))
  },
  If(_if, condition, _then, statements, elsifs, otherwise, _end, _semicolon) {
    const branches = [
      { when: expressionOf(condition), runs: runsOf(statements) },
      ...elsifs.children.map(({ children }) => ({
        when: expressionOf(children[1]!),
        runs: runsOf(children[3]!),
      })),
    ]
    const last = otherwise.children.flatMap(({ children }) => runsOf(children[1]!))
    return (memory) => {
      const taken = branches.find(({ when }) => bool(when(memory)))
      runAll(taken?.runs ?? last, memory)
    }
  },
  For(_for, name, _is, from, _to, to, _do, statements, _end, _semicolon) {
    const [first, last] = [expressionOf(from), expressionOf(to)]
    const runs = runsOf(statements)
    return (memory) => {
      for (let i = number(first(memory)); i <= number(last(memory)); i += 1) {
        memory.set(name.sourceString, i)
        runAll(runs, memory)
      }
    }
  },
  Repeat(_repeat, statements, _until, condition, _end, _semicolon) {
    const runs = runsOf(statements)
    const done = expressionOf(condition)
    return (memory) => {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        runAll(runs, memory)
        if (bool(done(memory))) return
      }
      throw new Error('a loop does not end')
    }
  },
}

function targets(typeOf: (name: string) => Type): ohm.ActionDict<Put> {
  return {
    Target_whole(name) {
      const type = typeOf(name.sourceString)
      return (memory, value) => memory.set(name.sourceString, checked(type, value, name.sourceString))
    },
    Target_element(name, _open, index, _close) {
      const { base } = typeOf(name.sourceString)
      const at = elementOf(name.sourceString, typeOf, expressionOf(index))
      return (memory, value) => {
        const list = memory.get(name.sourceString) as number[]
        list[at(memory)] = checked({ base }, value, name.sourceString) as number
      }
    },
  }
}
