/** The part of IEC 61131-3 structured text that the reference program uses, as a grammar of ohm-js. */
import * as ohm from 'ohm-js'

export const grammar = ohm.grammar(`
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
