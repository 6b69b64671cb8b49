//! From the output of a template back to the template.
//!
//! Before a template is compiled, a mark is put before each piece of its text and before each
//! of its outputs: characters that are in no honest text. They come out with the pieces, in
//! whatever order and as often as the template says, and are taken out of the output again. So
//! each byte of the output is known to be a copy of a byte of the template, or to be made by
//! one of its tags.
//!
//! Inside of `{% set x %}` and `{% filter x %}` nothing is marked, because there the template
//! itself looks at its text; what comes out belongs to the tag that lets it out.
//!
//! What makes a template [pay](super::charge) for what it makes is put in on the same way.

use std::ops::Range;

use super::charge::{self, Blocks, Edit, Excess};
use super::scan::{self, Effect, Piece, scan};
use crate::source::{FileId, Span};

/// The noncharacter that opens a mark. Unicode keeps it out of texts for uses like this one.
pub(super) const MARK: char = '\u{fdd0}';
/// The first of the noncharacters that are the digits of a mark.
const ZERO: u32 = 0xfdd1;
/// How many of them there are.
const BASE: usize = 31;
/// How many digits a mark has; so there are 923,521 marks.
const DIGITS: u32 = 4;
/// How many bytes of text the step that copies them pays for.
const FREE_TEXT: usize = 64;

/// A template with its marks.
#[derive(Debug)]
pub(super) struct Marked {
    /// What to compile: white space that tags take away is gone already.
    pub text: String,
    /// The piece that each mark stands for.
    pieces: Vec<Origin>,
    /// What is copied into `text`, in order.
    copies: Vec<Copied>,
}

/// Bytes of the template in the marked text.
#[derive(Debug)]
struct Copied {
    /// Where they start in the marked text.
    marked: usize,
    /// Where they start in the template.
    template: usize,
    length: usize,
}

/// What a mark stands for.
#[derive(Debug, Clone)]
struct Origin {
    /// Bytes of the template.
    range: Range<usize>,
    /// Whether the output is a copy of them.
    copied: bool,
}

/// What came out of a template, and where each byte of it came from.
#[derive(Debug)]
pub(super) struct Output<'m> {
    /// The output without marks.
    pub text: String,
    /// Where each segment starts, and the piece that it came from.
    segments: Vec<(usize, &'m Origin)>,
}

/// Puts marks, and what makes it pay, into a template that holds no [`MARK`].
///
/// # Errors
///
/// The first place where the template is deeper than the engine may read.
pub(super) fn mark(source: &str) -> Result<Marked, Excess> {
    let mut marker = Marker {
        source,
        marked: Marked {
            text: String::with_capacity(source.len() * 2),
            pieces: Vec::new(),
            copies: Vec::new(),
        },
        captures: 0,
        blocks: Blocks::default(),
        raw: false,
        end: 0,
    };
    let mut pieces = scan(source).into_iter().peekable();
    while let Some(piece) = pieces.next() {
        marker.piece(&piece, pieces.peek())?;
    }
    Ok(marker.marked)
}

struct Marker<'s> {
    source: &'s str,
    marked: Marked,
    /// How many blocks are open whose output the template keeps.
    captures: usize,
    blocks: Blocks,
    /// Whether a raw block is open, where tags are text.
    raw: bool,
    /// Where the last piece ended.
    end: usize,
}

impl Marker<'_> {
    fn piece(&mut self, piece: &Piece, next: Option<&Piece>) -> Result<(), Excess> {
        match piece {
            Piece::Text(range) => self.text(range.clone()),
            Piece::Output(range) => {
                self.mark(range, false);
                self.tag(range, self.edits(piece, false)?);
            }
            Piece::Block(range, effect) => self.block(piece, range, *effect, next)?,
            Piece::Comment(range) => self.copy(range.clone()),
            Piece::Broken(range) => {
                let is_block = self.source[range.start..].starts_with("{%");
                self.tag(range, self.edits(piece, is_block)?);
            }
        }
        Ok(())
    }

    fn text(&mut self, range: Range<usize>) {
        if !self.raw {
            self.pay_for(&range);
        }
        self.mark(&range, true);
        self.copy(range);
    }

    fn block(
        &mut self,
        piece: &Piece,
        range: &Range<usize>,
        effect: Effect,
        next: Option<&Piece>,
    ) -> Result<(), Excess> {
        let inside = scan::inside(self.source, piece);
        let (word, _) = scan::word(&self.source[inside]);
        let captures = effect == Effect::Capture;
        self.blocks.read(word, captures).map_err(|kind| Excess { at: range.clone(), kind })?;
        if effect == Effect::Filter {
            self.mark(range, false);
        }
        match effect {
            Effect::None => {}
            Effect::Capture | Effect::Filter => self.captures += 1,
            Effect::End => self.captures = self.captures.saturating_sub(1),
        }
        self.raw = word == "raw";
        if self.raw
            && let Some(Piece::Text(text)) = next
        {
            self.pay_for(text);
        }
        self.tag(range, self.edits(piece, true)?);
        Ok(())
    }

    fn edits(&self, piece: &Piece, is_block: bool) -> Result<Vec<Edit>, Excess> {
        charge::edits(self.source, scan::inside(self.source, piece), is_block)
    }

    /// Lets the template pay for text that a block may repeat or keep.
    fn pay_for(&mut self, text: &Range<usize>) {
        if self.blocks.is_open() && text.len() > FREE_TEXT {
            self.insert(text.start, &format!("{{{{ {}|{} }}}}", text.len(), charge::TEXT));
        }
    }

    fn tag(&mut self, range: &Range<usize>, edits: Vec<Edit>) {
        let mut start = range.start;
        for Edit { at, text } in edits {
            self.copy(start..at.start);
            self.insert(at.start, text);
            start = at.end;
        }
        self.copy(start..range.end);
    }

    fn mark(&mut self, range: &Range<usize>, copied: bool) {
        if self.captures == 0 {
            self.marked.mark(range.clone(), copied);
        }
    }

    /// Copies bytes of the template.
    fn copy(&mut self, range: Range<usize>) {
        if self.marked.text.ends_with('{') {
            // The tag's own sign takes this white space away; without it a brace of the text
            // would open another tag.
            self.marked.text.push_str(&self.source[self.end..range.start]);
        }
        self.end = range.end;
        self.marked.copied(range.start, range.len());
        self.marked.text.push_str(&self.source[range]);
    }

    /// Puts a text in before a byte of the template.
    fn insert(&mut self, at: usize, text: &str) {
        self.marked.copied(at, 0);
        self.marked.text.push_str(text);
    }
}

impl Marked {
    fn copied(&mut self, template: usize, length: usize) {
        self.copies.push(Copied { marked: self.text.len(), template, length });
    }

    fn mark(&mut self, range: Range<usize>, copied: bool) {
        let mut number = self.pieces.len();
        // Past the last mark, the rest of the template counts as part of the last piece.
        if number >= BASE.pow(DIGITS) {
            return;
        }
        self.text.push(MARK);
        for _ in 0..DIGITS {
            self.text.extend(u32::try_from(number % BASE).ok().and_then(digit));
            number /= BASE;
        }
        self.pieces.push(Origin { range, copied });
    }

    /// The place in the template of bytes of the marked text.
    pub fn in_template(&self, range: Range<usize>) -> Range<usize> {
        let (start, _) = self.byte(range.start);
        let (last, is_copy) = self.byte(range.end.saturating_sub(1));
        start..(last + usize::from(is_copy)).max(start)
    }

    /// The place of one byte, and whether the template has it.
    fn byte(&self, offset: usize) -> (usize, bool) {
        let before = self.copies.partition_point(|copy| copy.marked <= offset);
        let Some(copy) = before.checked_sub(1).map(|at| &self.copies[at]) else {
            return (0, false);
        };
        let into = offset - copy.marked;
        (copy.template + into.min(copy.length), into < copy.length)
    }

    /// Takes the marks out of an output.
    pub fn output(&self, rendered: &str) -> Output<'_> {
        let mut output =
            Output { text: String::with_capacity(rendered.len()), segments: Vec::new() };
        let mut parts = rendered.split(MARK);
        output.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let mut characters = part.chars();
            let digits = characters.by_ref().take(DIGITS as usize);
            let number = digits.enumerate().fold(0, |number, (place, digit)| {
                let value = u32::from(digit).saturating_sub(ZERO) as usize;
                number + value * BASE.pow(u32::try_from(place).unwrap_or_default())
            });
            if let Some(origin) = self.pieces.get(number) {
                output.segments.push((output.text.len(), origin));
            }
            output.text.push_str(characters.as_str());
        }
        output
    }
}

fn digit(value: u32) -> Option<char> {
    char::from_u32(ZERO + value)
}

impl Output<'_> {
    /// The place in the template, which is `file`, that bytes of the output came from: from
    /// the first byte's to the last byte's.
    pub fn in_template(&self, file: FileId, start: usize, end: usize) -> Span {
        let first = self.byte(start);
        let last = self.byte(end.saturating_sub(1).max(start));
        let (from, to) = if start >= end {
            (first.start, first.start)
        } else {
            // A list whose items a loop makes may end before it starts.
            (first.start.min(last.start), first.end.max(last.end))
        };
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file, start: offset(from), end: offset(to) }
    }

    /// Whether bytes of the output are a copy of as many bytes of the template.
    pub fn is_copy(&self, start: usize, end: usize) -> bool {
        let first = self.segment(start);
        let last = self.segment(end.saturating_sub(1).max(start));
        first == last && first.is_some_and(|index| self.segments[index].1.copied)
    }

    /// The line of the output that holds a byte.
    pub fn line(&self, offset: usize) -> &str {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        self.text[start..].lines().next().unwrap_or_default()
    }

    fn segment(&self, offset: usize) -> Option<usize> {
        self.segments.partition_point(|(start, _)| *start <= offset).checked_sub(1)
    }

    /// The bytes of the template that one byte of the output came from.
    fn byte(&self, offset: usize) -> Range<usize> {
        let Some((start, origin)) = self.segment(offset).map(|index| self.segments[index]) else {
            return 0..0;
        };
        if origin.copied {
            let at = (origin.range.start + offset - start).min(origin.range.end);
            at..(at + 1).min(origin.range.end)
        } else {
            origin.range.clone()
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a template that does not render fails the test")]
mod tests {
    use minijinja::syntax::SyntaxConfig;
    use minijinja::{Environment, UndefinedBehavior, context};
    use proptest::prelude::*;

    use super::*;
    use crate::source::Sources;

    /// The engine with what marked templates call, and with its own formatter.
    fn environment() -> Environment<'static> {
        let mut environment = Environment::empty();
        crate::foreign::budget::equip(&mut environment);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
    }

    /// What the engine makes of a template that nobody marked.
    fn plain(source: &str) -> Result<String, minijinja::Error> {
        let mut environment = environment();
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        environment.set_syntax(syntax.build().unwrap());
        environment.render_str(source, context! { x => "X", yes => true, no => false })
    }

    fn marked(source: &str) -> (Marked, Result<String, minijinja::Error>) {
        let marked = mark(source).expect("a sound depth");
        let mut environment = environment();
        let mut syntax = SyntaxConfig::builder();
        environment.set_syntax(syntax.keep_trailing_newline(true).build().unwrap());
        let rendered =
            environment.render_str(&marked.text, context! { x => "X", yes => true, no => false });
        (marked, rendered)
    }

    /// The output of a template, a line for each place where its origin changes.
    fn origins(source: &str) -> Vec<String> {
        let (marked, rendered) = marked(source);
        let output = marked.output(&rendered.unwrap());
        let ends = output.segments.iter().skip(1).map(|(start, _)| *start);
        let ends = ends.chain([output.text.len()]);
        let parts = output.segments.iter().zip(ends);
        parts
            .map(|((start, origin), end)| {
                format!("{:?} <- {:?}", &output.text[*start..end], &source[origin.range.clone()])
            })
            .collect()
    }

    #[test]
    fn every_byte_of_the_output_has_its_piece_of_the_template() {
        assert_eq!(
            origins("a: {{ x }}-{{ no }}\n  {% if yes %}\nb: 1\n  {%- endif %}\nc\n"),
            [
                r#""a: " <- "a: ""#,
                r#""X" <- "{{ x }}""#,
                r#""-" <- "-""#,
                r#""False" <- "{{ no }}""#,
                r#""\n" <- "\n""#,
                r#""b: 1" <- "b: 1""#,
                r#""c\n" <- "c\n""#,
            ]
        );
    }

    #[test]
    fn what_a_template_keeps_belongs_to_where_it_lets_it_out() {
        assert_eq!(
            origins("{% set a %}1{{ x }}2{% endset %}{{ a | length }}{{ a }}"),
            [r#""3" <- "{{ a | length }}""#, r#""1X2" <- "{{ a }}""#]
        );
        assert_eq!(
            origins("{% set a | default('=') %}1{% endset %}{% set b = 2 %}{{ a }}{{ b }}"),
            [r#""1" <- "{{ a }}""#, r#""2" <- "{{ b }}""#]
        );
        assert_eq!(
            origins("x{% filter upper %}a{% filter length %}bc{% endfilter %}{% endfilter %}y"),
            [r#""x" <- "x""#, r#""A2" <- "{% filter upper %}""#, r#""y" <- "y""#]
        );
    }

    #[test]
    fn maps_spans_to_copies_and_to_tags() {
        let source = "{% for i in [1, 2] %}\n- {{ x }}: b\n{% endfor %}\n";
        let (marked, rendered) = marked(source);
        let output = marked.output(&rendered.unwrap());
        assert_eq!(output.text, "- X: b\n- X: b\n");
        let file = Sources::default().add("t.yaml", source);
        let text = |start, end| {
            let span = output.in_template(file, start, end);
            &source[span.start as usize..span.end as usize]
        };
        assert_eq!(text(2, 3), "{{ x }}");
        assert_eq!(text(9, 10), "{{ x }}");
        assert_eq!(text(12, 13), "b");
        assert_eq!(text(0, 13), "- {{ x }}: b");
        assert_eq!(text(5, 10), "{{ x }}: b");
        assert_eq!(text(12, 12), "");
        assert!(output.is_copy(12, 13) && !output.is_copy(2, 3) && !output.is_copy(2, 6));
        assert_eq!(output.line(9), "- X: b");
    }

    #[test]
    fn marks_are_counted_beyond_one_digit() {
        let lines: Vec<String> = (0..2000).map(|line| format!("{line}: {{{{ x }}}}\n")).collect();
        let source = lines.concat();
        let (marked, rendered) = marked(&source);
        let output = marked.output(&rendered.unwrap());
        assert_eq!(output.text, source.replace("{{ x }}", "X"));
        let at = output.text.find("1999: X").unwrap();
        let file = Sources::default().add("t.yaml", "");
        let span = output.in_template(file, at, at + 7);
        assert_eq!(&source[span.start as usize..span.end as usize], "1999: {{ x }}");
    }

    fn piece() -> impl Strategy<Value = String> {
        let blank = prop::sample::select(vec!["", " ", "  ", "\n", "\n  ", " \n", "\r\n", "\t"]);
        let sign = || prop::sample::select(vec!["", "", "", "-", "+"]);
        let close = |sign: &str| if sign == "+" { String::new() } else { sign.to_owned() };
        prop_oneof![
            3 => blank.prop_map(str::to_owned),
            3 => prop::sample::select(vec!["a", "b: c", "{", "}", "}}", "%}", "é"])
                .prop_map(str::to_owned),
            2 => (sign(), prop::sample::select(vec!["x", "'}}'", "{'a': {'b': x}}.a.b", "x | upper", "x ~ 'a' * 3 ~ x", "(x * 2)[::2]",
                "[x, 1][-1] not in x", "x is not eq x.y.z or x[0] is eq 'X'", "x if no else [x][0:1].0",
                "-2 * 3 ** 2 % 5", "{'a': [x, x]}['a'] | join(x[0] + '-') | length * 2"]), sign())
                .prop_map(move |(open, inner, end)| format!("{{{{{open} {inner} {}}}}}", close(end))),
            1 => (sign(), sign())
                .prop_map(|(open, end)| format!("{{#{open} {{{{ }} {end}#}}")),
            4 => (sign(), prop::sample::select(vec![
                "if yes", "if no", "else", "endif", "for i in [1, 2]", "endfor", "set a", "endset",
                "set a = '%}'", "filter upper", "endfilter", "raw", "endraw", "with", "endwith",
            ]), sign())
                .prop_map(|(open, inner, end)| format!("{{%{open} {inner} {end}%}}")),
        ]
    }

    /// Words and signs in any order: most of it is no expression.
    fn soup() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "x", "x", "'a'", "'b'", "1", "2", "0", "-", "+", "~", "*", "*", "**", "%", "==", "and",
            "or", "not", "in", "is", "if", "else", "(", ")", "[", "]", "{", "}", ",", ":", "|",
            ".", "upper", "length", "string", "eq", "list", "y", "=", "loop", "defined",
        ]);
        prop::collection::vec(token, 1..9).prop_map(|tokens| tokens.join(" "))
    }

    /// Expressions that mostly are some.
    fn expression() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec!["x", "'a'", "1", "2", "[x, 1]", "{'a': x}", "yes"]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
            let infix = prop::sample::select(vec![
                "~", "+", "-", "*", "*", "/", "//", "%", "==", "in", "not in", "and", "or",
            ]);
            let before = prop::sample::select(vec!["not ", "-", "("]);
            let after = prop::sample::select(vec![
                "[0]",
                "[-1]",
                "['a']",
                "[1:]",
                "[:-1]",
                "[::2]",
                ".a",
                ".0",
                "|upper",
                "|join('-')",
                "|length",
                " is string",
                " is not eq 'a'",
                " is eq x[0]",
                " is in [x]",
            ]);
            prop_oneof![
                4 => (inner.clone(), infix, inner.clone())
                    .prop_map(|(left, sign, right)| format!("{left} {sign} {right}")),
                2 => (before, inner.clone()).prop_map(|(sign, inner)| {
                    let close = if sign == "(" { ")" } else { "" };
                    format!("{sign}{inner}{close}")
                }),
                4 => (inner.clone(), after).prop_map(|(inner, after)| format!("{inner}{after}")),
                1 => (inner.clone(), inner.clone(), inner)
                    .prop_map(|(yes, test, no)| format!("{yes} if {test} else {no}")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        /// An expression that pays is the same expression.
        #[test]
        fn payments_change_no_value(
            expression in prop_oneof![soup(), expression()],
            form in prop::sample::select(vec![
                "{{ @ }}", "{% set y = @ %}{{ y }}", "{% if @ %}1{% endif %}",
                "{% for y in @ %}{{ y }},{% endfor %}", "{% with y = @, z = 1 %}{{ y }}{% endwith %}",
            ]),
        ) {
            let source = form.replace('@', &expression);
            let (marked, rendered) = marked(&source);
            match (plain(&source), rendered) {
                (Ok(plain), Ok(rendered)) => {
                    prop_assert_eq!(&marked.output(&rendered).text, &plain);
                }
                (Err(_), Err(_)) => {}
                (plain, marked) => prop_assert!(false, "{plain:?} but {marked:?}"),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Marks change nothing, wherever the pieces stand.
        #[test]
        fn marks_change_no_output(pieces in prop::collection::vec(piece(), 0..12)) {
            let source: String = pieces.concat();
            let (marked, rendered) = marked(&source);
            match (plain(&source), rendered) {
                (Ok(plain), Ok(rendered)) => {
                    prop_assert_eq!(&marked.output(&rendered).text, &plain);
                }
                (Err(plain), Err(marked)) => prop_assert_eq!(plain.kind(), marked.kind()),
                (plain, marked) => prop_assert!(false, "{plain:?} but {marked:?}"),
            }
        }

        /// A copy is the same text in the template.
        #[test]
        fn copies_are_copies(pieces in prop::collection::vec(piece(), 0..12)) {
            let source: String = pieces.concat();
            let (marked, rendered) = marked(&source);
            if let Ok(rendered) = rendered {
                let output = marked.output(&rendered);
                let file = Sources::default().add("t.yaml", "");
                for (start, character) in output.text.char_indices() {
                    let end = start + character.len_utf8();
                    let span = output.in_template(file, start, end);
                    if output.is_copy(start, end) {
                        let written = &source[span.start as usize..span.end as usize];
                        prop_assert_eq!(written, character.to_string());
                    }
                }
            }
        }
    }
}
