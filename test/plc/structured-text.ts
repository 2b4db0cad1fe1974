/**
 * Executes the reference PLC program: its text is parsed by a grammar (ohm-js) of the part of IEC 61131-3 it uses, and run
 * scan by scan. Stricter than a PLC: an integer that leaves its type, an index out of bounds, a value of another type or a
 * loop that does not end is an error, so that the program cannot rest on what PLCs do differently.
 * It is no compiler of a maker: that the text is accepted by one is not shown here.
 */
import * as ohm from 'ohm-js'

type Type = { readonly base: 'UINT' | 'UDINT' | 'INT' | 'BOOL'; readonly length?: number }
type Value = number | boolean | number[]
type Declared = { readonly name: string; readonly section: string; readonly type: Type; readonly initial: Value }
type Run = (memory: Map<string, Value>) => void
type Expression = (memory: Map<string, Value>) => Value

const grammar = ohm.grammar(`
  ST {
    Program = "FUNCTION_BLOCK" name Section* Statement* "END_FUNCTION_BLOCK"
    Section = section qualifier? Declaration* "END_VAR"
    section = ("VAR_INPUT" | "VAR_OUTPUT" | "VAR") ~idPart
    qualifier = ("RETAIN" | "CONSTANT") ~idPart
    Declaration = name ":" Type (":=" literal)? ";"
    Type = "ARRAY" "[" number ".." number "]" "OF" base -- array
         | base -- plain
    base = ("UINT" | "UDINT" | "INT" | "BOOL") ~idPart

    Statement = If | For | Repeat | Assign
    If = "IF" Expression "THEN" Statement* Elsif* Else? "END_IF" ";"
    Elsif = "ELSIF" Expression "THEN" Statement*
    Else = "ELSE" Statement*
    For = "FOR" name ":=" Expression "TO" Expression "DO" Statement* "END_FOR" ";"
    Repeat = "REPEAT" Statement* "UNTIL" Expression "END_REPEAT" ";"
    Assign = Target ":=" Expression ";"
    Target = name "[" Expression "]" -- element
           | name -- whole

    Expression = Or
    Or = Or or And -- or
       | And
    And = And and Comparison -- and
        | Comparison
    Comparison = Sum ("<=" | ">=" | "<>" | "=" | "<" | ">") Sum -- compare
               | Sum
    Sum = Sum ("+" | "-") Product -- sum
        | Product
    Product = Product ("*" | "/" | mod) Unary -- product
            | Unary
    Unary = not Unary -- not
          | Primary
    Primary = "(" Expression ")" -- group
            | name "(" ListOf<Expression, ","> ")" -- call
            | literal -- literal
            | Target -- target
    or = "OR" ~idPart
    and = "AND" ~idPart
    not = "NOT" ~idPart
    mod = "MOD" ~idPart

    literal = number | "TRUE" ~idPart | "FALSE" ~idPart
    number = digit+ ~idPart
    name = ~keyword letter idPart*
    idPart = alnum | "_"
    keyword = ("IF" | "THEN" | "ELSIF" | "ELSE" | "END_IF" | "FOR" | "TO" | "DO" | "END_FOR" | "REPEAT" | "UNTIL"
      | "END_REPEAT" | "AND" | "OR" | "NOT" | "MOD" | "TRUE" | "FALSE" | "VAR_INPUT" | "VAR_OUTPUT" | "VAR" | "END_VAR"
      | "RETAIN" | "CONSTANT" | "FUNCTION_BLOCK" | "END_FUNCTION_BLOCK" | "ARRAY" | "OF") ~idPart
    space += "(*" (~"*)" any)* "*)" -- comment
  }
`)

const limits = { UINT: [0, 65_535], UDINT: [0, 4_294_967_295], INT: [-32_768, 32_767] } as const
const MOST_ROUNDS = 1000

export type FunctionBlock = {
  readonly declared: readonly Declared[]
  /** One scan. `memory` is what the block keeps; inputs are set in it before, outputs are found in it after. */
  scan(memory: Map<string, Value>): void
  /** Memory at power-up; retentive variables come from the memory before. */
  powerUp(before?: ReadonlyMap<string, Value>): Map<string, Value>
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
  const semantics = meaning(declared, typeOf)
  const body = semantics(match).program() as Run[]
  return {
    declared,
    scan: (memory) => {
      for (const run of body) run(memory)
    },
    powerUp: (before) =>
      new Map(
        declared.map(({ name, section, initial }) => {
          const kept = section === 'RETAIN' ? before?.get(name) : undefined
          return [name, structuredClone(kept ?? initial)]
        }),
      ),
  }
}

function checked(type: Type, value: Value, what: string): Value {
  if (type.length !== undefined) {
    if (!Array.isArray(value) || value.length !== type.length)
      throw new Error(`${what}: not an array of ${type.length}`)
    for (const each of value) checked({ base: type.base }, each, what)
    return [...value]
  }
  if (type.base === 'BOOL') {
    if (typeof value !== 'boolean') throw new Error(`${what}: ${String(value)} is no BOOL`)
    return value
  }
  const [least, most] = limits[type.base]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw new Error(`${what}: ${String(value)} does not fit ${type.base}`)
  return value
}

const number = (value: Value): number => {
  if (typeof value !== 'number') throw new Error(`${String(value)} is no number`)
  return value
}
const bool = (value: Value): boolean => {
  if (typeof value !== 'boolean') throw new Error(`${String(value)} is no BOOL`)
  return value
}
/** The widest type the program computes in. */
const within = (value: number): number => {
  if (value < 0 || value > 4_294_967_295) throw new Error(`${value} leaves UDINT`)
  return value
}

const calls: Readonly<Record<string, (...values: number[]) => Value>> = {
  UINT_TO_UDINT: (value) => checked({ base: 'UINT' }, value!, 'UINT_TO_UDINT'),
  UDINT_TO_UINT: (value) => checked({ base: 'UINT' }, value!, 'UDINT_TO_UINT'),
  MIN: (...values) => Math.min(...values),
}

function meaning(declared: Declared[], typeOf: (name: string) => Type) {
  const semantics = grammar.createSemantics()
  const all = (node: ohm.Node): Run[] => node.children.map((each) => each.run() as Run)
  const runAll = (runs: readonly Run[], memory: Map<string, Value>) => {
    for (const run of runs) run(memory)
  }
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
      return all(statements)
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
  semantics.addOperation('run', {
    Statement: (each): Run => each.run() as Run,
    Assign(target, _is, expression, _end): Run {
      const value = expression.eval() as Expression
      const put = target.put() as (memory: Map<string, Value>, value: Value) => void
      return (memory) => put(memory, value(memory))
    },
    If(_if, condition, _then, statements, elsifs, otherwise, _end, _semicolon): Run {
      const branches = [
        { when: condition.eval() as Expression, runs: all(statements) },
        ...elsifs.children.map(({ children }) => ({
          when: children[1]!.eval() as Expression,
          runs: all(children[3]!),
        })),
      ]
      const last = otherwise.children.flatMap(({ children }) => all(children[1]!))
      return (memory) => {
        const taken = branches.find(({ when }) => bool(when(memory)))
        runAll(taken?.runs ?? last, memory)
      }
    },
    For(_for, name, _is, from, _to, to, _do, statements, _end, _semicolon): Run {
      const [first, last] = [from.eval() as Expression, to.eval() as Expression]
      const runs = all(statements)
      return (memory) => {
        for (let i = number(first(memory)); i <= number(last(memory)); i += 1) {
          memory.set(name.sourceString, i)
          runAll(runs, memory)
        }
      }
    },
    Repeat(_repeat, statements, _until, condition, _end, _semicolon): Run {
      const runs = all(statements)
      const done = condition.eval() as Expression
      return (memory) => {
        for (let round = 0; round < MOST_ROUNDS; round += 1) {
          runAll(runs, memory)
          if (bool(done(memory))) return
        }
        throw new Error('a loop does not end')
      }
    },
  })
  semantics.addOperation('put', {
    Target_whole(name) {
      const type = typeOf(name.sourceString)
      return (memory: Map<string, Value>, value: Value) =>
        memory.set(name.sourceString, checked(type, value, name.sourceString))
    },
    Target_element(name, _open, index, _close) {
      const type = typeOf(name.sourceString)
      const at = index.eval() as Expression
      return (memory: Map<string, Value>, value: Value) => {
        const list = memory.get(name.sourceString) as number[]
        const i = number(at(memory))
        if (i < 0 || i >= type.length!) throw new Error(`${name.sourceString}[${i}]`)
        list[i] = checked({ base: type.base }, value, name.sourceString) as number
      }
    },
  })
  const compare: Readonly<Record<string, (a: number, b: number) => boolean>> = {
    '=': (a, b) => a === b,
    '<>': (a, b) => a !== b,
    '<': (a, b) => a < b,
    '>': (a, b) => a > b,
    '<=': (a, b) => a <= b,
    '>=': (a, b) => a >= b,
  }
  semantics.addOperation('eval', {
    Or_or: (a, _or, b): Expression => both(a, b, (x, y) => bool(x) || bool(y)),
    And_and: (a, _and, b): Expression => both(a, b, (x, y) => bool(x) && bool(y)),
    Comparison_compare: (a, operator, b): Expression =>
      both(a, b, (x, y) => compare[operator.sourceString]!(number(x), number(y))),
    Sum_sum: (a, operator, b): Expression =>
      both(a, b, (x, y) => within(operator.sourceString === '+' ? number(x) + number(y) : number(x) - number(y))),
    Product_product: (a, operator, b): Expression =>
      both(a, b, (x, y) => {
        if (operator.sourceString === '*') return within(number(x) * number(y))
        if (number(y) === 0) throw new Error('division by 0')
        return operator.sourceString === '/' ? Math.floor(number(x) / number(y)) : number(x) % number(y)
      }),
    Unary_not(_not, a): Expression {
      const value = a.eval() as Expression
      return (memory) => !bool(value(memory))
    },
    Primary_group: (_open, a, _close): Expression => a.eval() as Expression,
    Primary_call(name, _open, list, _close): Expression {
      const call = calls[name.sourceString]
      if (call === undefined) throw new Error(`${name.sourceString} is no function known here`)
      const values = list.asIteration().children.map((each) => each.eval() as Expression)
      return (memory) => call(...values.map((value) => number(value(memory))))
    },
    Primary_literal(literal): Expression {
      const text = literal.sourceString
      const value = text === 'TRUE' ? true : text === 'FALSE' ? false : Number(text)
      return () => value
    },
    Target_whole(name): Expression {
      typeOf(name.sourceString)
      return (memory) => memory.get(name.sourceString)!
    },
    Target_element(name, _open, index, _close): Expression {
      const { length } = typeOf(name.sourceString)
      const at = index.eval() as Expression
      return (memory) => {
        const i = number(at(memory))
        if (i < 0 || i >= length!) throw new Error(`${name.sourceString}[${i}]`)
        return (memory.get(name.sourceString) as number[])[i]!
      }
    },
  })
  return semantics

  function both(a: ohm.Node, b: ohm.Node, how: (x: Value, y: Value) => Value): Expression {
    const [left, right] = [a.eval() as Expression, b.eval() as Expression]
    // Both sides are always evaluated: whether a PLC stops early is up to its maker.
    return (memory) => {
      const x = left(memory)
      const y = right(memory)
      return how(x, y)
    }
  }
}
