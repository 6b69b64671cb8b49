//! Reads an expression.
//!
//! Source: `parser/gen/CEL.g4` and `parser/parser.go` of `cel-go`, limits among them: an
//! expression of a stranger may be as long and as deep as it likes. What the server refuses for
//! its size is an error; what it takes and would need more of the stack than there is, is not
//! known.

use std::borrow::Cow;

use kube_cel::cel::Value;
use kube_cel::cel::common::ast::operators;

use super::lexer::{Kind, NoToken, Token, tokens};
use super::literals::literal;
use super::syntax::{Call, Entry, Item, Syntax};
use super::{Fault, RESERVED, short};

/// How many characters the server takes.
const MAX_CHARACTERS: usize = 100_000;
/// How deep the server reads: rules of its grammar, and operators, fields and methods of each
/// other.
const MAX_DEPTH: usize = 250;
/// How deep brackets may nest for an expression that is evaluated.
const MAX_BRACKETS: usize = 100;

/// The syntax tree of a text.
///
/// # Errors
///
/// When it is no expression, or one that is nested too deeply to be sure.
pub fn parse(text: &str) -> Result<Syntax> {
    // No text has more characters than bytes.
    if text.len() > MAX_CHARACTERS {
        let size = text.chars().count();
        if size > MAX_CHARACTERS {
            return Err(Fault::Error(format!(
                "expression code point size exceeds limit: size: {size}, limit {MAX_CHARACTERS}"
            )));
        }
    }
    let tokens = tokens(text).map_err(|NoToken(at)| {
        let found = short(text[at..].split_whitespace().next().unwrap_or_default());
        error_at(text, at, &format!("Syntax error: token recognition error at: '{found}'"))
    })?;
    if deepest_bracket(&tokens) >= MAX_DEPTH {
        return Err(too_deep());
    }
    let mut parser = Parser { text, tokens: &tokens, at: 0, brackets: 0, depths: [0; 3] };
    let read = parser.expression()?;
    if parser.now().kind != Kind::End {
        return Err(parser.unexpected());
    }
    Ok(read.syntax)
}

fn deepest_bracket(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for token in tokens.iter().filter(|token| token.kind == Kind::Sign) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn too_deep() -> Fault {
    Fault::Error(format!("expression recursion limit exceeded: {MAX_DEPTH}"))
}

fn error_at(text: &str, at: usize, message: &str) -> Fault {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let column = text[line..at].chars().count() + 1;
    Fault::Error(format!("{message} at column {column}"))
}

/// A rule of the grammar that the server counts, when it meets it inside of itself.
#[derive(Clone, Copy)]
enum Rule {
    Expression,
    Relation,
    Sum,
}

/// A part that was read.
struct Read {
    syntax: Syntax,
    /// How many operators, fields and methods of each other it holds.
    height: usize,
}

impl Read {
    fn leaf(syntax: Syntax) -> Self {
        Self { syntax, height: 0 }
    }
}

type Result<T = Read> = std::result::Result<T, Fault>;

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token<'t>],
    at: usize,
    brackets: usize,
    /// How often the server would be inside of each [`Rule`].
    depths: [usize; 3],
}

/// A sign, the function that it stands for, and how closely it binds.
type Operator = (&'static str, &'static str, u8);

const RELATIONS: [Operator; 7] = [
    ("<", operators::LESS, 1),
    ("<=", operators::LESS_EQUALS, 1),
    (">=", operators::GREATER_EQUALS, 1),
    (">", operators::GREATER, 1),
    ("==", operators::EQUALS, 1),
    ("!=", operators::NOT_EQUALS, 1),
    ("in", operators::IN, 1),
];
const SUMS: [Operator; 5] = [
    ("+", operators::ADD, 1),
    ("-", operators::SUBSTRACT, 1),
    ("*", operators::MULTIPLY, 2),
    ("/", operators::DIVIDE, 2),
    ("%", operators::MODULO, 2),
];

impl<'t> Parser<'t> {
    fn now(&self) -> Token<'t> {
        self.ahead(0)
    }

    /// A word after this one; the last is the end of the text.
    fn ahead(&self, by: usize) -> Token<'t> {
        self.tokens[(self.at + by).min(self.tokens.len() - 1)]
    }

    fn is(&self, sign: &str) -> bool {
        self.now().kind == Kind::Sign && self.now().text == sign
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<()> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_name(&mut self) -> Result<&'t str> {
        match self.now() {
            Token { kind: Kind::Name, text, .. } => {
                self.at += 1;
                Ok(text)
            }
            token @ Token { kind: Kind::QuotedName, .. } => {
                Err(error_at(self.text, token.start, "unsupported syntax: '`'"))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn unexpected(&self) -> Fault {
        let Token { text, start, .. } = self.now();
        let message = format!("Syntax error: mismatched input '{}'", short(text));
        error_at(self.text, start, &message)
    }

    fn enter(&mut self, rule: Rule) -> Result<()> {
        let depth = &mut self.depths[rule as usize];
        *depth += 1;
        if *depth > MAX_DEPTH { Err(too_deep()) } else { Ok(()) }
    }

    fn leave(&mut self, rule: Rule) {
        let depth = &mut self.depths[rule as usize];
        *depth = depth.saturating_sub(1);
    }

    /// Goes on with an operator to the right of what a rule has read: the server leaves the rule
    /// and enters it again, and in the end leaves it once more for each time.
    fn again(&mut self, rule: Rule) -> Result<()> {
        self.leave(rule);
        self.enter(rule)
    }

    /// A call that the server counts as one step deeper than its deepest part.
    fn deeper(&self, function: &'static str, parts: impl IntoIterator<Item = Read>) -> Result {
        let mut height = 0;
        let arguments = parts.into_iter().map(|part| {
            height = height.max(part.height);
            part.syntax
        });
        let arguments = arguments.collect();
        let call = Call { function: Cow::Borrowed(function), target: None, arguments };
        self.higher(Syntax::Call(call), height)
    }

    #[expect(clippy::unused_self, reason = "it is a step of the parser's")]
    fn higher(&self, syntax: Syntax, height: usize) -> Result {
        let height = height + 1;
        if height > MAX_DEPTH { Err(too_deep()) } else { Ok(Read { syntax, height }) }
    }

    /// `condition ? yes : no`, which may go on.
    fn expression(&mut self) -> Result {
        let before = self.depths[Rule::Expression as usize];
        let mut branches = Vec::new();
        self.enter(Rule::Expression)?;
        let mut last = self.logic(operators::LOGICAL_OR)?;
        while self.take("?") {
            let yes = self.logic(operators::LOGICAL_OR)?;
            self.expect(":")?;
            branches.push((last, yes));
            self.enter(Rule::Expression)?;
            last = self.logic(operators::LOGICAL_OR)?;
        }
        self.depths[Rule::Expression as usize] = before;
        for (condition, yes) in branches.into_iter().rev() {
            last = self.deeper(operators::CONDITIONAL, [condition, yes, last])?;
        }
        Ok(last)
    }

    /// All that `||` joins, or all that `&&` joins.
    fn logic(&mut self, operator: &'static str) -> Result {
        let is_or = operator == operators::LOGICAL_OR;
        let sign = if is_or { "||" } else { "&&" };
        let mut height = 0;
        let mut operands = Vec::new();
        loop {
            let operand =
                if is_or { self.logic(operators::LOGICAL_AND)? } else { self.relation(0)? };
            height = height.max(operand.height);
            operands.push(operand.syntax);
            if !self.take(sign) {
                break;
            }
        }
        let syntax = match operands.pop() {
            Some(only) if operands.is_empty() => only,
            last => {
                operands.extend(last);
                let function = Cow::Borrowed(operator);
                Syntax::Call(Call { function, target: None, arguments: operands })
            }
        };
        Ok(Read { syntax, height })
    }

    /// Which of some operators stands here that binds at least so closely, and how closely.
    fn operator(&mut self, among: &[Operator], least: u8) -> Option<(&'static str, u8)> {
        let is_here = |(sign, _, binds): &&Operator| *binds >= least && self.is(sign);
        let (_, operator, binds) = among.iter().find(is_here)?;
        self.at += 1;
        Some((operator, *binds))
    }

    /// Sums, compared.
    fn relation(&mut self, least: u8) -> Result {
        self.enter(Rule::Relation)?;
        let mut left = self.sum(0)?;
        let mut operators = 0;
        while let Some((operator, binds)) = self.operator(&RELATIONS, least) {
            self.again(Rule::Relation)?;
            let right = self.relation(binds + 1)?;
            left = self.deeper(operator, [left, right])?;
            operators += 1;
        }
        (0..=operators).for_each(|_| self.leave(Rule::Relation));
        Ok(left)
    }

    /// Operands, multiplied and added up.
    fn sum(&mut self, least: u8) -> Result {
        self.enter(Rule::Sum)?;
        let mut left = self.unary()?;
        let mut operators = 0;
        while let Some((operator, binds)) = self.operator(&SUMS, least) {
            self.again(Rule::Sum)?;
            let right = self.sum(binds + 1)?;
            left = self.deeper(operator, [left, right])?;
            operators += 1;
        }
        (0..=operators).for_each(|_| self.leave(Rule::Sum));
        Ok(left)
    }

    /// `!` and `-`, of which two do nothing.
    fn unary(&mut self) -> Result {
        let (sign, operator) = if self.is("!") {
            ("!", operators::LOGICAL_NOT)
        } else if self.is("-") && !matches!(self.ahead(1).kind, Kind::Int | Kind::Double) {
            ("-", operators::NEGATE)
        } else {
            return self.member();
        };
        let before = self.at;
        while self.take(sign) {}
        let is_odd = (self.at - before) % 2 == 1;
        let member = self.member()?;
        if !is_odd {
            return Ok(member);
        }
        let call = Call {
            function: Cow::Borrowed(operator),
            target: None,
            arguments: vec![member.syntax],
        };
        Ok(Read { syntax: Syntax::Call(call), height: member.height })
    }

    /// An operand with its fields, methods and indices.
    fn member(&mut self) -> Result {
        let mut read = self.primary()?;
        loop {
            if self.take(".") {
                read = self.after_dot(read)?;
            } else if self.is("[") {
                read = self.index(read)?;
            } else {
                return Ok(read);
            }
        }
    }

    fn after_dot(&mut self, operand: Read) -> Result {
        let is_optional = self.take("?");
        let field = self.expect_name()?;
        if !is_optional && self.is("(") {
            let (arguments, height) = self.arguments()?;
            let height = height.max(operand.height);
            let call = Call {
                function: Cow::Owned(field.to_owned()),
                target: Some(Box::new(operand.syntax)),
                arguments,
            };
            return self.higher(Syntax::Call(checked(call)?), height);
        }
        if is_optional {
            let field = Syntax::Literal(super::text(field));
            let arguments = vec![operand.syntax, field];
            let function = Cow::Borrowed(operators::OPT_SELECT);
            return self
                .higher(Syntax::Call(Call { function, target: None, arguments }), operand.height);
        }
        let height = operand.height;
        let operand = Box::new(operand.syntax);
        self.higher(Syntax::Select { operand, field: field.to_owned(), test: false }, height)
    }

    fn index(&mut self, operand: Read) -> Result {
        self.open("[")?;
        let is_optional = self.take("?");
        let index = self.expression()?;
        self.close("]")?;
        let operator = if is_optional { operators::OPT_INDEX } else { operators::INDEX };
        self.deeper(operator, [operand, index])
    }

    fn open(&mut self, bracket: &str) -> Result<()> {
        self.expect(bracket)?;
        self.brackets += 1;
        if self.brackets > MAX_BRACKETS {
            return Err(Fault::Unknown("it is nested too deeply".to_owned()));
        }
        Ok(())
    }

    fn close(&mut self, bracket: &str) -> Result<()> {
        self.brackets -= 1;
        self.expect(bracket)
    }

    /// The arguments of a call, and the height of the highest.
    fn arguments(&mut self) -> Result<(Vec<Syntax>, usize)> {
        let mut height = 0;
        let mut arguments = Vec::new();
        self.open("(")?;
        while !self.is(")") {
            let argument = self.expression()?;
            height = height.max(argument.height);
            arguments.push(argument.syntax);
            // There is none after a comma at the end.
            if !self.take(",") {
                break;
            } else if self.is(")") {
                return Err(self.unexpected());
            }
        }
        self.close(")")?;
        Ok((arguments, height))
    }

    fn primary(&mut self) -> Result {
        if self.is("(") {
            self.open("(")?;
            let read = self.expression()?;
            self.close(")")?;
            return Ok(read);
        }
        if self.is("[") {
            return self.list();
        }
        if self.is("{") {
            return self.map();
        }
        if self.now().kind == Kind::Name || self.is(".") {
            return self.named();
        }
        self.literal().map(|value| Read::leaf(Syntax::Literal(value)))
    }

    /// A name, the call of a function, or a message.
    fn named(&mut self) -> Result {
        // Nothing stands around an expression: a name means the same with a dot before it.
        let is_absolute = self.take(".");
        if let Some(name) = self.name_of_message() {
            return self.message(name);
        }
        let start = self.now().start;
        let name = self.expect_name()?;
        if RESERVED.contains(&name) {
            return Err(error_at(self.text, start, &format!("reserved identifier: {name}")));
        }
        if !self.is("(") {
            return Ok(Read::leaf(Syntax::Name(name.to_owned())));
        }
        let (arguments, height) = self.arguments()?;
        let call = Call { function: Cow::Owned(name.to_owned()), target: None, arguments };
        // A macro has no dot before it.
        let syntax = if is_absolute { Syntax::Call(call) } else { has(call)? };
        Ok(Read { syntax, height })
    }

    /// Takes the name with dots that stands before the fields of a message, if it does.
    fn name_of_message(&mut self) -> Option<String> {
        let is_name = |at| self.ahead(at).kind == Kind::Name;
        let is_sign = |at, sign| self.ahead(at).kind == Kind::Sign && self.ahead(at).text == sign;
        let mut words = 1;
        while is_sign(words, ".") && is_name(words + 1) {
            words += 2;
        }
        if !is_name(0) || !is_sign(words, "{") {
            return None;
        }
        let name = (0..words).map(|at| self.ahead(at).text).collect();
        self.at += words;
        Some(name)
    }

    fn list(&mut self) -> Result {
        let mut height = 0;
        let mut items = Vec::new();
        self.open("[")?;
        while !self.is("]") && !self.is(",") {
            let optional = self.take("?");
            let item = self.expression()?;
            height = height.max(item.height);
            items.push(Item { value: item.syntax, optional });
            if !self.take(",") {
                break;
            }
        }
        self.lone_comma(items.is_empty());
        self.close("]")?;
        Ok(Read { syntax: Syntax::List(items), height })
    }

    /// The grammar takes `[,]` and `{,}`, too.
    fn lone_comma(&mut self, is_empty: bool) {
        if is_empty {
            self.take(",");
        }
    }

    fn map(&mut self) -> Result {
        let mut height = 0;
        let mut entries = Vec::new();
        self.open("{")?;
        while !self.is("}") && !self.is(",") {
            let optional = self.take("?");
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            height = height.max(key.height).max(value.height);
            entries.push(Entry { key: key.syntax, value: value.syntax, optional });
            if !self.take(",") {
                break;
            }
        }
        self.lone_comma(entries.is_empty());
        self.close("}")?;
        Ok(Read { syntax: Syntax::Map(entries), height })
    }

    fn message(&mut self, name: String) -> Result {
        let mut height = 0;
        let mut values = Vec::new();
        self.open("{")?;
        while !self.is("}") && !self.is(",") {
            self.take("?");
            self.expect_name()?;
            self.expect(":")?;
            let value = self.expression()?;
            height = height.max(value.height);
            values.push(value.syntax);
            if !self.take(",") {
                break;
            }
        }
        self.lone_comma(values.is_empty());
        self.close("}")?;
        Ok(Read { syntax: Syntax::Message { name, values }, height })
    }

    fn literal(&mut self) -> Result<Value> {
        let is_negative = self.is("-");
        let number = self.ahead(usize::from(is_negative));
        let is_signed = is_negative && matches!(number.kind, Kind::Int | Kind::Double);
        let token = self.ahead(usize::from(is_signed));
        match literal(token, if is_signed { "-" } else { "" }) {
            Some(Ok(value)) => {
                self.at += usize::from(is_signed) + 1;
                Ok(value)
            }
            Some(Err(message)) => Err(error_at(self.text, token.start, message)),
            None => Err(self.unexpected()),
        }
    }
}

/// `has(a.b)` is a field that is asked for.
fn has(call: Call) -> Result<Syntax> {
    if call.function != operators::HAS || call.arguments.len() != 1 {
        return Ok(Syntax::Call(call));
    }
    match call.arguments.into_iter().next() {
        Some(Syntax::Select { operand, field, .. }) => {
            Ok(Syntax::Select { operand, field, test: true })
        }
        _ => Err(Fault::Error("invalid argument to has() macro".to_owned())),
    }
}

/// A macro binds names and nothing else.
fn checked(call: Call) -> Result<Call> {
    let mut bound = call.arguments[..call.bound()].iter();
    if bound.all(|argument| argument.name().is_some()) {
        Ok(call)
    } else {
        Err(Fault::Error("argument must be a simple name".to_owned()))
    }
}

#[cfg(test)]
mod tests;
