/**
 * Executes the reference PLC program: its text is parsed by st-grammar.ts and run scan by scan. It is stricter than a
 * PLC: an integer that leaves its type, an index out of bounds, a value of another type or a loop that does not end is
 * an error, so that the program cannot rest on what PLCs do differently.
 * It is no compiler of a maker: whether one accepts the text is not shown here. Read next: st-statement.ts.
 */
import type * as ohm from 'ohm-js'
import { addExpressions } from './st-expression.ts'
import { grammar } from './st-grammar.ts'
import { addStatements, type Run, runAll, runsOf } from './st-statement.ts'
import type { Memory, Type, Value } from './st-value.ts'

type Declared = { readonly name: string; readonly section: string; readonly type: Type; readonly initial: Value }

type FunctionBlock = {
  readonly declared: readonly Declared[]
  /** One scan. `memory` is what the block keeps; inputs are set in it before, outputs are found in it after. */
  scan(memory: Memory): void
  /** Memory at power-up; retentive variables come from the memory before. */
  powerUp(before?: ReadonlyMap<string, Value>): Memory
}

export function parseFunctionBlock(text: string): FunctionBlock {
  const match = grammar.match(text)
  if (match.failed()) throw new Error(match.message)
  const declared: Declared[] = []
  const typeOf = (name: string): Type => {
    const found = declared.find((each) => each.name === name)
    if (found === undefined) throw new Error(`${name} is not declared`)
    return found.type
  }
  const semantics = grammar.createSemantics()
  addDeclarations(semantics, declared)
  addStatements(semantics, typeOf)
  addExpressions(semantics, typeOf)
  const body = semantics(match).program() as Run[]
  return {
    declared,
    scan: (memory) => runAll(body, memory),
    powerUp: (before) =>
      new Map(
        declared.map(({ name, section, initial }) => {
          const kept = section === 'RETAIN' ? before?.get(name) : undefined
          return [name, structuredClone(kept ?? initial)]
        }),
      ),
  }
}

/** Adds `program`, which fills `declared` before it reads the statements. */
function addDeclarations(semantics: ohm.Semantics, declared: Declared[]): void {
  semantics.addOperation('type', {
    Type_array: (_array, _open, least, _dots, most, _close, _of, base): Type => {
      if (least.sourceString !== '0') throw new Error('arrays begin at 0')
      return { base: base.sourceString as Type['base'], length: Number(most.sourceString) + 1 }
    },
    Type_plain: (base): Type => ({ base: base.sourceString as Type['base'] }),
  })
  semantics.addOperation('program', {
    Program(_begin, _name, sections, statements, _end) {
      for (const section of sections.children) section.declare()
      return runsOf(statements)
    },
  })
  semantics.addOperation('declare', {
    Section(section, qualifier, declarations, _end) {
      const kind = qualifier.sourceString === '' ? section.sourceString : qualifier.sourceString
      for (const { children } of declarations.children) {
        const type = children[2]!.type() as Type
        const given = children[4]!.children[0]?.sourceString
        const one: Value = type.base === 'BOOL' ? given === 'TRUE' : Number(given ?? 0)
        const initial = type.length === undefined ? one : Array<number>(type.length).fill(0)
        declared.push({ name: children[0]!.sourceString, section: kind, type, initial })
      }
    },
  })
}
