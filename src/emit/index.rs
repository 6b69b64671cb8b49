//! The index of an output folder: what gen wrote there, and from what.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Digest;

/// The version of the format below. An older gen refuses a newer one.
const FORMAT: u32 = 1;

/// The last line, so that a file that lost its end is noticed.
const END: &str = "end";

/// Which gen, with which schema, made some content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The version of gen, without spaces.
    pub generator: String,
    /// The version of the schema, without spaces, such as `1.34`.
    pub schema: String,
}

/// What the index says of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The digest of the bytes that gen wrote.
    pub content: Digest,
    /// The digest of the resolved input that made them.
    pub input: Digest,
}

/// What gen wrote into one folder of the output, as of the last change of its content.
///
/// It is text, a line a file, sorted by name, so that it merges as the files do:
///
/// ```text
/// gen-index 1 gen 0.1.0 schema 1.34
/// <digest of the content> <digest of the input> 60-deployment-api.yaml
/// end
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Who made the content.
    pub maker: Maker,
    /// The files by name.
    pub files: BTreeMap<String, Record>,
}

/// Why an index cannot be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// A newer gen wrote it.
    #[error("a newer gen wrote the index, in format {0}; this one knows format {FORMAT}")]
    Newer(u32),
    /// A merge that nobody resolved.
    #[error("line {0} of the index is a conflict marker of a merge")]
    Conflict(usize),
    /// Its lines end as on Windows: git converted them.
    #[error("the index has CRLF line endings, which gen did not write")]
    LineEndings,
    /// Its end is missing.
    #[error("the index has lost its end")]
    Truncated,
    /// A line that gen did not write.
    #[error("line {0} of the index is not as gen wrote it")]
    Malformed(usize),
}

impl Index {
    /// Its file name in the folder. kubectl reads only `.yaml`, `.yml` and `.json` of a folder.
    pub const NAME: &'static str = ".gen-index";

    /// Reads an index.
    ///
    /// # Errors
    ///
    /// When it is anything but what gen wrote, or written by a newer gen.
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        let text = String::from_utf8_lossy(bytes);
        if text.contains('\r') {
            return Err(IndexError::LineEndings);
        }
        let mut lines = (1..).zip(text.split('\n'));
        let conflict = lines.clone().find(|(_, line)| is_conflict_marker(line));
        if let Some((number, _)) = conflict {
            return Err(IndexError::Conflict(number));
        }
        let maker = match lines.next() {
            Some((_, "")) | None => return Err(IndexError::Truncated),
            Some((number, header)) => parse_header(header, number)?,
        };
        let mut files: BTreeMap<String, Record> = BTreeMap::new();
        for (number, line) in lines.by_ref() {
            if line == END {
                break;
            }
            let Some((name, record)) = parse_record(line) else {
                let is_last = number == text.split('\n').count();
                return Err(if is_last {
                    IndexError::Truncated
                } else {
                    IndexError::Malformed(number)
                });
            };
            if files.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(IndexError::Malformed(number));
            }
            files.insert(name, record);
        }
        match (lines.next(), lines.next()) {
            (Some((_, "")), None) => Ok(Self { maker, files }),
            (None, _) => Err(IndexError::Truncated),
            (Some((number, _)), _) => Err(IndexError::Malformed(number)),
        }
    }

    /// The digest of each file's content, by name.
    pub(super) fn content(&self) -> impl Iterator<Item = (&String, Digest)> {
        self.files.iter().map(|(name, record)| (name, record.content))
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Maker { generator, schema } = &self.maker;
        let mut text = format!("gen-index {FORMAT} gen {generator} schema {schema}\n");
        for (name, Record { content, input }) in &self.files {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{content} {input} {name}");
        }
        text + END + "\n"
    }
}

fn parse_header(line: &str, number: usize) -> Result<Maker, IndexError> {
    let malformed = IndexError::Malformed(number);
    let mut words = line.split(' ');
    let format = match (words.next(), words.next()) {
        (Some("gen-index"), Some(format)) => format.parse::<u32>().map_err(|_| malformed)?,
        _ => return Err(malformed),
    };
    if format > FORMAT {
        return Err(IndexError::Newer(format));
    }
    match words.collect::<Vec<_>>()[..] {
        ["gen", generator, "schema", schema]
            if format == FORMAT && is_version(generator) && is_version(schema) =>
        {
            Ok(Maker { generator: generator.to_owned(), schema: schema.to_owned() })
        }
        _ => Err(malformed),
    }
}

fn parse_record(line: &str) -> Option<(String, Record)> {
    let (content, rest) = line.split_once(' ')?;
    let (input, name) = rest.split_once(' ')?;
    let record = Record { content: content.parse().ok()?, input: input.parse().ok()? };
    is_name(name).then(|| (name.to_owned(), record))
}

/// Whether gen could have given a file or folder of the output that name, so that it leads
/// nowhere else, whoever wrote it.
pub(super) fn is_name(name: &str) -> bool {
    let is_used = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9') || b"-._@+~%".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_used)
}

/// Whether it could be the version of a gen or of a schema.
fn is_version(text: &str) -> bool {
    let is_used = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_used)
}

fn is_conflict_marker(line: &str) -> bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(of: &str) -> Record {
        Record { content: Digest::of(of.as_bytes()), input: Digest::of(b"input") }
    }

    fn index() -> Index {
        Index {
            maker: Maker { generator: "0.1.0".into(), schema: "1.34".into() },
            files: [("20-service-api.yaml", "s"), ("60-deployment-api.yaml", "d")]
                .map(|(name, content)| (name.to_owned(), record(content)))
                .into(),
        }
    }

    #[test]
    fn the_text_is_a_line_a_file() {
        let mut index = index();
        index.files.remove("60-deployment-api.yaml");
        assert_eq!(
            index.to_text(),
            "gen-index 1 gen 0.1.0 schema 1.34\n\
             043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89 \
             c96c6d5be8d08a12e7b5cdc1b207fa6b2430974c86803d8891675e76fd992c20 \
             20-service-api.yaml\n\
             end\n"
        );
    }

    #[test]
    fn a_lost_end_is_noticed_at_every_byte() {
        let text = index().to_text();
        for end in 0..text.len() {
            let parsed = Index::parse(&text.as_bytes()[..end]);
            assert!(
                matches!(parsed, Err(IndexError::Truncated | IndexError::Malformed(1))),
                "{end}: {parsed:?}"
            );
        }
        assert_eq!(Index::parse(text.as_bytes()), Ok(index()));
    }

    #[test]
    fn what_gen_did_not_write_is_refused() {
        let text = index().to_text();
        let parse = |text: &str| Index::parse(text.as_bytes());
        let lines: Vec<&str> = text.lines().collect();
        let join = |lines: &[&str]| lines.join("\n") + "\n";
        assert_eq!(parse(&text.replace("index 1", "index 2")), Err(IndexError::Newer(2)));
        assert_eq!(parse(&text.replace("index 1", "index 0")), Err(IndexError::Malformed(1)));
        assert_eq!(parse(&text.replace('\n', "\r\n")), Err(IndexError::LineEndings));
        for name in ["../60-", ".60-", "a/60-", "a\\60-", "A60-", "6\u{1b}0-", " 60-"] {
            assert_eq!(parse(&text.replace("60-", name)), Err(IndexError::Malformed(3)), "{name}");
        }
        for version in ["", "0.1.0\u{1b}[31m", "::error::"] {
            assert_eq!(parse(&text.replace("0.1.0", version)), Err(IndexError::Malformed(1)));
        }
        assert_eq!(
            parse(&join(&[lines[0], lines[2], lines[1], END])),
            Err(IndexError::Malformed(3))
        );
        assert_eq!(
            parse(&join(&[lines[0], lines[1], lines[1], END])),
            Err(IndexError::Malformed(3))
        );
        assert_eq!(parse(&(text.clone() + lines[1] + "\n")), Err(IndexError::Malformed(5)));
        let merged =
            join(&[lines[0], "<<<<<<< HEAD", lines[1], "=======", lines[2], ">>>>>>> branch", END]);
        assert_eq!(parse(&merged), Err(IndexError::Conflict(2)));
    }

    proptest! {
        #[test]
        fn an_index_reads_back(
            names in prop::collection::btree_set("[a-z0-9_][a-z0-9._-]{0,20}", 0..10),
        ) {
            let files = names.into_iter().map(|name| { let of = record(&name); (name, of) });
            let index = Index { files: files.collect(), ..index() };
            prop_assert_eq!(Index::parse(index.to_text().as_bytes()), Ok(index));
        }

        #[test]
        fn any_bytes_are_an_index_or_an_error(bytes: Vec<u8>) {
            let _ = Index::parse(&bytes);
        }
    }
}
