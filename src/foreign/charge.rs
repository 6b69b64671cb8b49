//! Where a template pays for what it makes, and how deep it may be.
//!
//! The engine counts steps, but one step may copy, compare or repeat a string of any length, and
//! the engine itself works out what is constant before there are steps. So calls of filters that
//! keep a [budget](super::budget) are written into each expression:
//!
//! - what stands beside an operator, or inside of brackets, passes through [`COST`], which pays
//!   for its bytes. No operator makes more than its operands together, apart from
//! - `*`, which repeats strings and lists, and slices: these become filters, [`TIMES`] and
//!   [`SLICE`], and so does what looks for the n-th character of a string, [`INDEX`].
//!
//! What an expression makes is then bounded by what its operands paid, times its depth. Filters,
//! tests and functions pay for themselves, and the formatter for what is printed.
//!
//! The depth is bounded here too, before the engine reads a template: its parser, its compiler
//! and the drop of its syntax tree go down one call for each operator, filter and bracket, and
//! only brackets are counted there.

use std::ops::Range;

use super::token::{Token, TokenKind, tokens};

/// The filter that pays for a value.
pub(super) const COST: &str = "__cost";
/// The filter that pays for the search for a character in a string.
pub(super) const INDEX: &str = "__index";
/// The filter that stands for `*`.
pub(super) const TIMES: &str = "__times";
/// The filter that stands for `[:]`.
pub(super) const SLICE: &str = "__slice";
/// The filter that pays for text that is copied.
pub(super) const TEXT: &str = "__text";

/// How deep an expression may be: operators, dots, filters and brackets.
const MAX_LINKS: usize = 100;
/// How many blocks may be open at once; an `elif` lies in the `if` before it.
const MAX_BLOCKS: usize = 100;
/// How many bytes a name may have; each step of a template may look one up.
const MAX_NAME: usize = 200;

/// A change of a tag's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// The bytes of the template that it replaces.
    pub at: Range<usize>,
    pub text: &'static str,
}

/// A place where a template is more than the engine may read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub at: Range<usize>,
    pub kind: ExcessKind,
}

/// What there is too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExcessKind {
    Expression,
    Blocks,
    Name,
}

/// The changes of a tag, in order. `inside` is what lies between its signs; the first word of a
/// block is no part of an expression.
pub(super) fn edits(
    source: &str,
    inside: Range<usize>,
    is_block: bool,
) -> Result<Vec<Edit>, Excess> {
    let mut tokens = tokens(source, inside);
    let mut walk = Walk::default();
    if is_block && let Some(word) = tokens.next() {
        walk.begin(&word);
    }
    for token in tokens {
        if token.kind == TokenKind::Name && token.text.len() > MAX_NAME {
            return Err(Excess { at: token.at, kind: ExcessKind::Name });
        }
        // The engine stops at a bracket that closes nothing.
        if !walk.token(&token) {
            break;
        }
        if walk.total > MAX_LINKS {
            return Err(Excess { at: token.at, kind: ExcessKind::Expression });
        }
    }
    walk.leave(None);
    walk.edits.sort_by_key(|edit| edit.at.start);
    Ok(walk.edits)
}

/// What may come next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Expected {
    #[default]
    Operand,
    /// What is assigned to, up to `=` or `in`.
    Target,
    /// A name or a number after a dot.
    Member,
    /// The name of a filter or of a test.
    Callee,
    /// The second word of `not in`.
    In,
    /// What follows an operand.
    Operator,
}

/// What a bracket is for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// None: the tag itself.
    #[default]
    Tag,
    /// A group, a list, a map or the arguments of a call.
    Plain,
    /// `[...]` after an operand.
    Subscript,
    /// One with a colon.
    Slice,
}

/// How an operand ended so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Operand {
    /// With a name, a string or a bracket.
    #[default]
    Value,
    /// With what costs nothing more: a number, a slice, a test's argument.
    Paid,
    /// With the name of a filter, which pays; no subscript follows.
    Filtered,
    /// With the name of a test; an argument without brackets may follow.
    Tested,
}

/// What is known between two brackets.
#[derive(Debug, Default)]
struct Level {
    bracket: Bracket,
    /// Where the bracket opens.
    open: usize,
    /// Where it, or the last colon, ends.
    from: usize,
    /// How many links there are since the last comma, and the most there were before one.
    links: usize,
    most: usize,
    /// Where the operand starts that was read last, and how it ended.
    start: usize,
    operand: Operand,
    /// Whether that operand is the argument of a test.
    argument: bool,
    /// Whether it is the right one of a `*`.
    factor: bool,
    /// Whether the operands stand beside operators.
    joined: bool,
    /// Where the product starts that the operand belongs to.
    product: Option<usize>,
}

#[derive(Debug, Default)]
struct Walk {
    /// The levels around the innermost one.
    outer: Vec<Level>,
    level: Level,
    expected: Expected,
    /// The links of all open levels.
    total: usize,
    /// Whether the operand binds more tightly than `not`, which is a name there.
    tight: bool,
    /// Whether targets follow the commas of the block.
    with: bool,
    /// Where the last token ended, and whether it was a string.
    end: usize,
    after_text: bool,
    edits: Vec<Edit>,
}

impl Walk {
    /// Reads the word that a block starts with.
    fn begin(&mut self, word: &Token<'_>) {
        self.with = word.text == "with";
        self.expected = match word.text {
            "for" | "set" | "with" => Expected::Target,
            "filter" => Expected::Callee,
            _ => Expected::Operand,
        };
    }

    /// Reads a token; false for a bracket that closes nothing.
    fn token(&mut self, token: &Token<'_>) -> bool {
        let mut sound = true;
        match (self.expected, token.kind) {
            (Expected::Target, _) => self.target(token),
            (Expected::In, _) => self.expected = Expected::Operand,
            (_, TokenKind::Close) => sound = self.close(token),
            (Expected::Member, TokenKind::Name | TokenKind::Number) => self.member(token),
            (Expected::Callee, TokenKind::Name) => self.callee(token),
            (Expected::Operand, _) => self.operand(token),
            _ => self.operator(token),
        }
        self.end = token.at.end;
        self.after_text = token.kind == TokenKind::Text;
        sound
    }

    fn target(&mut self, token: &Token<'_>) {
        self.expected = match token.text {
            "=" | "in" => Expected::Operand,
            "|" => Expected::Callee,
            _ => Expected::Target,
        };
    }

    fn member(&mut self, token: &Token<'_>) {
        if token.kind == TokenKind::Number && self.takes_subscript() {
            self.index(self.end - 1);
        }
        self.expected = Expected::Operator;
    }

    fn callee(&mut self, token: &Token<'_>) {
        if token.text != "not" {
            self.expected = Expected::Operator;
        }
    }

    fn operand(&mut self, token: &Token<'_>) {
        let start = token.at.start;
        match (token.kind, token.text) {
            (TokenKind::Name, "not") if !self.tight => {
                self.link();
                self.level.product = None;
            }
            // The engine takes it for a name here; brackets that are put in must not make it an
            // operator.
            (TokenKind::Name, "not") => self.edit(start..start, ")"),
            (TokenKind::Name | TokenKind::Text, _) => self.start(start, Operand::Value),
            (TokenKind::Number, _) => self.start(start, Operand::Paid),
            (TokenKind::Open, _) => {
                self.start(start, Operand::Value);
                self.open(Bracket::Plain, start);
            }
            (_, ":") => self.colon(token),
            (_, "-") => {
                self.link();
                self.tight = true;
                self.level.product.get_or_insert(start);
            }
            _ => self.link(),
        }
    }

    fn start(&mut self, at: usize, operand: Operand) {
        self.level.start = at;
        self.level.operand = operand;
        self.level.product.get_or_insert(at);
        self.expected = Expected::Operator;
    }

    fn operator(&mut self, token: &Token<'_>) {
        match (token.kind, token.text) {
            (TokenKind::Text, _) if self.after_text => {}
            _ if self.level.operand == Operand::Tested && starts_argument(token) => {
                self.argument(token);
            }
            (TokenKind::Open, "[") if self.takes_subscript() => {
                self.open(Bracket::Subscript, token.at.start);
            }
            (TokenKind::Open, _) => self.open(Bracket::Plain, token.at.start),
            (TokenKind::Sign, ".") => {
                self.link();
                self.expected = Expected::Member;
            }
            (_, "|" | "is") => {
                self.link();
                self.end_argument();
                self.level.operand =
                    if token.text == "is" { Operand::Tested } else { Operand::Filtered };
                self.expected = Expected::Callee;
            }
            // The name of an argument.
            (TokenKind::Sign, "=") => {
                self.expected = Expected::Operand;
                self.tight = false;
                self.level.product = None;
            }
            _ => self.infix(token),
        }
    }

    fn takes_subscript(&self) -> bool {
        matches!(self.level.operand, Operand::Value | Operand::Paid)
    }

    /// Reads the start of a test's argument, which gets brackets.
    fn argument(&mut self, token: &Token<'_>) {
        self.level.argument = true;
        self.edit(token.at.start..token.at.start, "((");
        self.expected = Expected::Operand;
        self.tight = true;
        self.operand(token);
    }

    fn end_argument(&mut self) {
        if std::mem::take(&mut self.level.argument) {
            self.edit(self.end..self.end, "))");
            self.level.operand = Operand::Paid;
        }
    }

    /// Reads what stands between two operands.
    fn infix(&mut self, token: &Token<'_>) {
        self.leave(Some(token));
        self.expected = Expected::Operand;
        self.tight = !matches!(token.text, "," | ":" | "and" | "or" | "if" | "else");
        match token.text {
            "," => self.comma(),
            ":" => self.colon(token),
            "*" => self.times(token),
            "/" | "//" | "%" | "**" => self.link(),
            word => {
                self.link();
                self.level.product = None;
                if word == "not" {
                    self.expected = Expected::In;
                }
            }
        }
    }

    fn times(&mut self, token: &Token<'_>) {
        let product = self.level.product.unwrap_or(self.level.start);
        self.edit(product..product, "(");
        self.edit(token.at.clone(), ")|__times((");
        self.level.factor = true;
        self.link();
    }

    fn comma(&mut self) {
        self.level.product = None;
        self.level.most = self.level.most.max(self.level.links);
        self.total -= self.level.links;
        self.level.links = 0;
        if self.with && self.outer.is_empty() {
            self.expected = Expected::Target;
        }
    }

    fn colon(&mut self, token: &Token<'_>) {
        if matches!(self.level.bracket, Bracket::Subscript | Bracket::Slice) {
            self.level.bracket = Bracket::Slice;
            self.edit(token.at.clone(), if self.is_left_out() { "none),(" } else { "),(" });
            self.level.from = token.at.end;
        }
        self.comma();
    }

    /// Whether nothing stands since the bracket opened, or since the last colon.
    fn is_left_out(&self) -> bool {
        self.end == self.level.from
    }

    fn open(&mut self, bracket: Bracket, open: usize) {
        self.link();
        let level = Level { bracket, open, from: open + 1, joined: true, ..Level::default() };
        self.outer.push(std::mem::replace(&mut self.level, level));
        self.expected = Expected::Operand;
        self.tight = false;
    }

    fn close(&mut self, token: &Token<'_>) -> bool {
        self.leave(Some(token));
        let left_out = self.is_left_out();
        let Some(outer) = self.outer.pop() else { return false };
        let inner = std::mem::replace(&mut self.level, outer);
        let deepest = inner.most.max(inner.links);
        self.total += deepest - inner.links;
        self.level.links += deepest;
        match inner.bracket {
            Bracket::Subscript => {
                self.index(inner.open);
                self.level.operand = Operand::Value;
            }
            Bracket::Slice => {
                self.edit(self.level.start..self.level.start, "((");
                self.edit(inner.open..inner.open + 1, ")|__slice((");
                self.edit(token.at.clone(), if left_out { "none)))" } else { ")))" });
                self.level.operand = Operand::Paid;
            }
            Bracket::Tag | Bracket::Plain => {}
        }
        self.expected = Expected::Operator;
        true
    }

    /// Ends an operand before a token, or at the end of the tag.
    fn leave(&mut self, next: Option<&Token<'_>>) {
        self.level.joined |= next.is_some_and(|next| next.kind != TokenKind::Close);
        let is_whole = self.expected == Expected::Operator;
        if is_whole && self.level.joined && self.level.operand == Operand::Value {
            self.edit(self.end..self.end, "|__cost");
        }
        self.end_argument();
        if self.level.factor && next.is_none_or(|next| next.text != "**") {
            self.level.factor = false;
            // Where the operand is missing, nothing closes: brackets would be an empty list.
            let close = if is_whole { "))" } else { "" };
            self.edit(self.end..self.end, close);
        }
    }

    /// Lets the operand so far pay for a look at one of its items.
    fn index(&mut self, end: usize) {
        self.edit(self.level.start..self.level.start, "(");
        self.edit(end..end, "|__index)");
    }

    fn link(&mut self) {
        self.level.links += 1;
        self.total += 1;
    }

    fn edit(&mut self, at: Range<usize>, text: &'static str) {
        self.edits.push(Edit { at, text });
    }
}

/// Whether a token after the name of a test is its argument.
fn starts_argument(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Name => !matches!(token.text, "and" | "or" | "else" | "is"),
        TokenKind::Text | TokenKind::Number => true,
        TokenKind::Open => token.text != "(",
        TokenKind::Sign => matches!(token.text, "-" | "+"),
        TokenKind::Close => false,
    }
}

/// The blocks that are open at a place of a template.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// For each, how deep it makes the syntax tree.
    open: Vec<usize>,
    total: usize,
}

impl Blocks {
    /// Whether what follows is inside of a block, and may be repeated or kept.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Reads a tag by its first word. A `set` that names its value opens nothing.
    pub(super) fn read(&mut self, word: &str, captures: bool) -> Result<(), ExcessKind> {
        match word {
            "if" | "for" | "with" | "filter" | "autoescape" => self.enter(),
            "set" if captures => self.enter(),
            "elif" => self.deepen(),
            _ if word.starts_with("end") && word != "endraw" => {
                self.total -= self.open.pop().unwrap_or_default();
            }
            _ => {}
        }
        if self.total > MAX_BLOCKS { Err(ExcessKind::Blocks) } else { Ok(()) }
    }

    fn enter(&mut self) {
        self.open.push(1);
        self.total += 1;
    }

    fn deepen(&mut self) {
        if let Some(open) = self.open.last_mut() {
            *open += 1;
            self.total += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a tag with its edits.
    fn charged(source: &str, is_block: bool) -> String {
        let mut text = String::new();
        let mut end = 0;
        for edit in edits(source, 0..source.len(), is_block).expect("a sound depth") {
            text += &source[end..edit.at.start];
            text += edit.text;
            end = edit.at.end;
        }
        text + &source[end..]
    }

    #[test]
    fn operands_pay() {
        for (written, paid) in [
            ("a", "a"),
            ("a.b|f(1)", "a.b|f(1)"),
            ("loop(a.b)", "loop(a.b|__cost)"),
            ("a ~ b.c", "a|__cost ~ b.c|__cost"),
            ("a|f ~ 'x' 'y'", "a|f ~ 'x' 'y'|__cost"),
            ("a + 1 - -2.5", "a|__cost + 1 - -2.5"),
            ("not a == b", "not a|__cost == b|__cost"),
            ("a not in b", "a|__cost not in b|__cost"),
            ("a if b else c", "a|__cost if b|__cost else c|__cost"),
            ("[a, {b: c}]", "[a|__cost, {b|__cost: c|__cost}|__cost]"),
            ("f(x=a, *b, **c)", "f(x=a|__cost, *b|__cost, **c|__cost)"),
            ("a is defined and b", "a is defined and b|__cost"),
            ("a is not divisibleby 3", "a is not divisibleby ((3))"),
            ("a is eq -b.c|f", "a is eq ((-b.c))|f"),
            ("a is in [b]", "a is in (([b|__cost]))"),
            ("a is t(b) ~ c", "a is t(b|__cost) ~ c|__cost"),
        ] {
            assert_eq!(charged(written, false), paid);
        }
    }

    #[test]
    fn products_slices_and_items_are_filters() {
        for (written, paid) in [
            ("a * b", "(a|__cost )|__times(( b|__cost))"),
            ("2*3*4", "((2)|__times((3)))|__times((4))"),
            (
                "x ~ -a ** b * c ** d ~ y",
                "x|__cost ~ (-a|__cost ** b|__cost )|__times(( c|__cost ** d|__cost)) ~ y|__cost",
            ),
            ("a / 2 * (b + c)", "(a|__cost / 2 )|__times(( (b|__cost + c|__cost)|__cost))"),
            ("a[0]", "(a|__index)[0]"),
            ("a.b.1.0", "((a.b|__index).1|__index).0"),
            ("-a[b:]", "-((a)|__slice((b|__cost),(none)))"),
            ("a[:]", "((a)|__slice((none),(none)))"),
            ("a[::-1][0]", "(((a)|__slice((none),(none),(-1)))|__index)[0]"),
            ("a[1:-1:2] ~ b", "((a)|__slice((1),(-1),(2))) ~ b|__cost"),
        ] {
            assert_eq!(charged(written, false), paid);
        }
    }

    #[test]
    fn blocks_have_expressions_where_their_words_say_so() {
        for (written, paid) in [
            ("if a", "if a"),
            (
                "for a, (b, c) in d if a recursive",
                "for a, (b, c) in d|__cost if a|__cost recursive",
            ),
            ("set a, b = c, d", "set a, b = c|__cost, d|__cost"),
            ("set a | f(b) | g", "set a | f(b|__cost) | g"),
            ("with a = b, (c, d) = e", "with a = b|__cost, (c, d) = e|__cost"),
            ("filter f(a) | g", "filter f(a|__cost) | g"),
            ("do loop.changed(a)", "do loop.changed(a|__cost)"),
            ("endif", "endif"),
        ] {
            assert_eq!(charged(written, true), paid);
        }
    }

    #[test]
    fn depth_is_bounded_in_every_direction() {
        let excess = |source: String| edits(&source, 0..source.len(), false).err();
        let chains: [fn(usize) -> String; 10] = [
            |count| format!("{}a", "not ".repeat(count)),
            |count| format!("{}a", "-".repeat(count)),
            |count| format!("{}a", "(".repeat(count)),
            |count| format!("{}a", "[".repeat(count)),
            |count| format!("a{}", ".b".repeat(count)),
            |count| format!("a{}", "|b".repeat(count)),
            |count| format!("a{}", " ~ a".repeat(count)),
            |count| format!("a{}", " is b".repeat(count)),
            |count| format!("a{}", "()".repeat(count)),
            |count| format!("a{}", " if a else a".repeat(count / 2)),
        ];
        for chain in chains {
            assert_eq!(excess(chain(MAX_LINKS)), None);
            let found = excess(chain(50_000)).expect("an excess");
            assert_eq!(found.kind, ExcessKind::Expression);
        }
        // What stands side by side is not deep, but a bracket at the start of a sum is.
        assert_eq!(excess(format!("[{}]", "-a.b, ".repeat(50_000))), None);
        let nested =
            (0..3).fold("a".to_owned(), |inner, _| format!("({inner}){}", " ~ a".repeat(40)));
        assert_eq!(excess(nested).map(|excess| excess.kind), Some(ExcessKind::Expression));
        assert_eq!(
            excess("a".repeat(MAX_NAME + 1)).map(|excess| excess.kind),
            Some(ExcessKind::Name)
        );
    }

    #[test]
    fn open_blocks_are_bounded() {
        let mut blocks = Blocks::default();
        for _ in 0..1000 {
            assert_eq!(blocks.read("if", false), Ok(()));
            assert_eq!(blocks.read("elif", false), Ok(()));
            assert_eq!(blocks.read("endif", false), Ok(()));
        }
        assert!(!blocks.is_open());
        assert_eq!(blocks.read("if", false), Ok(()));
        for _ in 1..MAX_BLOCKS {
            assert_eq!(blocks.read("elif", false), Ok(()));
        }
        assert_eq!(blocks.read("set", false), Ok(()));
        assert_eq!(blocks.read("set", true), Err(ExcessKind::Blocks));
    }
}
