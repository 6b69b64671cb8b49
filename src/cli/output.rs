//! The two streams, and who may write what to which.

use std::fmt::Display;
use std::io::{self, Write};

use anstream::AutoStream;
use anstream::stream::{AsLockedWrite, RawStream};
use anyhow::Context;
use clap::ColorChoice;

use super::{MessageFormat, Shared};
use crate::diagnostic::{self, Diagnostics, Report, Severity, Style, framed, visible};
use crate::diff::Show;
use crate::source::Sources;

/// What a command writes to. Nothing else in gen prints.
pub struct Output {
    stdout: Stream,
    stderr: Stream,
    format: MessageFormat,
    volume: Volume,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Volume {
    Quiet,
    Normal,
    Verbose,
}

struct Stream {
    to: Box<dyn Write>,
    color: bool,
    /// How many columns it has, if it is a terminal.
    width: Option<usize>,
    /// Whether whoever read it went away.
    closed: bool,
}

impl Output {
    pub(super) fn new(options: &Shared) -> Self {
        let volume = match options {
            Shared { quiet: true, .. } => Volume::Quiet,
            Shared { verbose: true, .. } => Volume::Verbose,
            _ => Volume::Normal,
        };
        Self {
            stdout: Stream::new(io::stdout(), options.color, terminal_width(io::stdout())),
            stderr: Stream::new(io::stderr(), options.color, terminal_width(io::stderr())),
            format: options.message_format,
            volume,
        }
    }

    /// Writes what was asked for to standard output. A closed pipe ends it quietly.
    ///
    /// # Errors
    ///
    /// When it cannot be written, such as to a full disk.
    pub fn result(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.stdout.write(bytes).context("could not write to standard output")
    }

    /// Writes what was asked for to standard output, where that is text for people: nothing in it
    /// commands a runner.
    ///
    /// # Errors
    ///
    /// When it cannot be written, such as to a full disk.
    pub fn text(&mut self, text: &str) -> anyhow::Result<()> {
        self.result(framed(text).as_bytes())
    }

    /// How a review is shown on standard output.
    #[must_use]
    pub fn show_result(&self) -> Show {
        self.stdout.show()
    }

    /// How a review is shown on standard error.
    #[must_use]
    pub fn show_messages(&self) -> Show {
        self.stderr.show()
    }

    /// Says in a line what was done, to people who did not ask for quiet.
    pub fn summary(&mut self, line: impl Display) {
        if self.volume >= Volume::Normal && self.speaks_to_people() {
            self.tell(&format!("{line}\n"));
        }
    }

    /// Says how many there were of what: `people` as a line where [`summary`](Self::summary)
    /// would say it, and where it was `asked` for in any case, to programs as an object or
    /// a workflow command. A `JUnit` document has no place for it.
    pub fn count(&mut self, people: &str, programs: &serde_json::Value, asked: bool) {
        match self.format {
            MessageFormat::Human | MessageFormat::Short if asked => {
                self.tell(&format!("{people}\n"));
            }
            MessageFormat::Human | MessageFormat::Short => self.summary(people),
            MessageFormat::Json if asked => self.tell(&format!("{programs}\n")),
            MessageFormat::Github if asked => self.tell(&format!("::notice::{people}\n")),
            MessageFormat::Json | MessageFormat::Github | MessageFormat::Junit => {}
        }
    }

    /// Says in a line how it was done, to people who asked for more.
    pub fn detail(&mut self, line: impl Display) {
        if self.volume == Volume::Verbose && self.speaks_to_people() {
            self.tell(&format!("{}\n", visible(&line.to_string())));
        }
    }

    /// Writes all diagnostics of a run. To be called once in each run that looked at an input,
    /// found or not: some formats are one document. `failure` says for people what errors
    /// prevented, such as `could not render prod`.
    pub fn diagnostics(&mut self, diagnostics: &Diagnostics, sources: &Sources, failure: &str) {
        let report = Report::new(diagnostics, sources);
        let style = self.style();
        let text = match self.format {
            MessageFormat::Human => diagnostic::human(&report, style),
            MessageFormat::Short => diagnostic::short(&report),
            MessageFormat::Json => diagnostic::json(&report),
            MessageFormat::Github => diagnostic::github(&report),
            MessageFormat::Junit => diagnostic::junit(&report),
        };
        self.tell(&text);
        if self.format == MessageFormat::Human {
            self.tell(&diagnostic::closing(&report, failure, style));
        }
    }

    /// Says why the command could not do its work at all.
    pub fn error(&mut self, error: &anyhow::Error) {
        let text = diagnostic::line(Severity::Error, &format!("{error:#}"), self.style());
        self.tell(&text);
    }

    /// Whether standard error is read by people, not only by a program.
    fn speaks_to_people(&self) -> bool {
        matches!(self.format, MessageFormat::Human | MessageFormat::Short)
    }

    fn style(&self) -> Style {
        Style {
            color: self.stderr.color,
            width: self.stderr.width.unwrap_or(Style::default().width),
        }
    }

    fn tell(&mut self, text: &str) {
        let text = if self.speaks_to_people() { framed(text) } else { text.into() };
        // When standard error cannot be written there is no other place to say so.
        let _ = self.stderr.write(text.as_bytes());
    }
}

impl Stream {
    /// A stream with colours where they are asked for, or where the terminal and the
    /// environment (`NO_COLOR`, `CLICOLOR`, `TERM`) are in favour.
    fn new(
        raw: impl RawStream + AsLockedWrite + 'static,
        color: ColorChoice,
        width: Option<usize>,
    ) -> Self {
        let choice = match color {
            ColorChoice::Auto => AutoStream::choice(&raw),
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let color = choice != anstream::ColorChoice::Never;
        // What is written without colours passes through as it is, escape sequences included.
        let to: Box<dyn Write> =
            if color { Box::new(AutoStream::new(raw, choice)) } else { Box::new(raw) };
        Self { to, color, width, closed: false }
    }

    fn show(&self) -> Show {
        Show { color: self.color, width: self.width, ..Show::default() }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        match self.to.write_all(bytes).and_then(|()| self.to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            result => result,
        }
    }
}

/// The width of the terminal that a stream is, if it is one.
#[cfg(unix)]
fn terminal_width(stream: impl std::os::fd::AsFd) -> Option<usize> {
    Some(terminal_size::terminal_size_of(stream)?.0.0.into())
}

/// The width of the terminal that a stream is, if it is one.
#[cfg(windows)]
fn terminal_width(stream: impl std::os::windows::io::AsHandle) -> Option<usize> {
    Some(terminal_size::terminal_size_of(stream)?.0.0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a number of writes, then fails.
    struct Failing(u8, io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(self.1)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn stream(to: Failing) -> Stream {
        Stream { to: Box::new(to), color: false, width: None, closed: false }
    }

    #[test]
    fn a_closed_pipe_takes_everything_quietly() {
        let mut stream = stream(Failing(1, io::ErrorKind::BrokenPipe));
        for _ in 0..3 {
            assert!(stream.write(b"text").is_ok());
        }
        assert!(stream.closed);
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let mut stream = stream(Failing(1, io::ErrorKind::StorageFull));
        assert!(stream.write(b"text").is_ok());
        let kind = stream.write(b"text").map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::StorageFull));
    }
}
