//! Runs commands in turns and says how long each took and how much memory it had.
//!
//! What else the machine does changes from second to second. So the commands run in turns, A B C
//! A B C, never all of A first, and figures are medians, with the least beside them: what is left
//! when nothing else got in the way.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// A command to measure.
pub struct Subject {
    /// What it is called in the results.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables of its environment, beside those that are there.
    pub variables: Vec<(&'static str, &'static str)>,
    /// The folder to start it in.
    pub folder: PathBuf,
    /// How it must exit.
    pub exit: i32,
}

/// What was measured of a command.
pub struct Figures {
    /// The wall time of each run, in the order of the rounds.
    pub walls: Vec<Duration>,
    /// The CPU time of each run.
    pub cpus: Vec<Duration>,
    /// The most memory that a run had at a time, in bytes.
    pub peak: u64,
}

impl Figures {
    /// The median of the wall times, in seconds.
    pub fn median_seconds(&self) -> f64 {
        median(self.walls.iter().map(Duration::as_secs_f64))
    }

    /// How many times as long as another command it took: the median of the pairs of runs.
    pub fn times(&self, other: &Self) -> f64 {
        let pairs = self.walls.iter().zip(&other.walls);
        median(pairs.map(|(one, other)| one.as_secs_f64() / other.as_secs_f64()))
    }
}

impl Subject {
    /// The command.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder);
        command.envs(self.variables.iter().copied());
        command
    }

    fn run(&self) -> (Duration, Duration, u64) {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let used = command.spawn().and_then(|mut child| child.wait4());
        let wall = start.elapsed();
        let used = used.unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        assert_eq!(used.status.code(), Some(self.exit), "how {} exits", self.name);
        (wall, used.rusage.utime + used.rusage.stime, used.rusage.maxrss)
    }
}

/// Runs the commands in turns; one round more than said warms the caches and is not counted.
pub fn in_turns(subjects: &[Subject], rounds: usize) -> Vec<Figures> {
    let mut all: Vec<Figures> =
        subjects.iter().map(|_| Figures { walls: Vec::new(), cpus: Vec::new(), peak: 0 }).collect();
    for round in 0..=rounds {
        for (subject, figures) in subjects.iter().zip(&mut all) {
            let (wall, cpu, peak) = subject.run();
            if round > 0 {
                figures.walls.push(wall);
                figures.cpus.push(cpu);
                figures.peak = figures.peak.max(peak);
            }
        }
    }
    all
}

/// The value in the middle.
fn median<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(|one, other| one.partial_cmp(other).expect("figures can be compared"));
    values[values.len() / 2]
}

/// A table of what was measured.
pub fn table(subjects: &[Subject], all: &[Figures]) -> String {
    let width = subjects.iter().map(|subject| subject.name.len()).max().unwrap_or(0);
    let header = format!(
        "{:width$}  {:>10}  {:>10}  {:>10}  {:>10}\n",
        "", "median", "least", "CPU", "memory"
    );
    let row = |(subject, figures): (&Subject, &Figures)| {
        let least = figures.walls.iter().copied().min().unwrap_or_default();
        format!(
            "{:width$}  {:>10}  {:>10}  {:>10}  {:>10}\n",
            subject.name,
            milliseconds(median(figures.walls.iter().copied())),
            milliseconds(least),
            milliseconds(median(figures.cpus.iter().copied())),
            mebibytes(figures.peak),
        )
    };
    header + &subjects.iter().zip(all).map(row).collect::<String>()
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
