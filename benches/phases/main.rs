//! What each phase of a compilation costs, and the whole of it: on the real systems of this
//! repository and on a generated one of 100 components.
//!
//! `cargo bench --bench phases`, or with `-- FILTER` some of it, such as `-- lower/` or
//! `-- /wander`. Everything is in memory, so no disk is measured; the `process` benchmark
//! measures what a user waits for.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads its own inputs")]

mod chain;
mod generated;
mod system;

use std::hint::black_box;

use criterion::{
    BatchSize, Bencher, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use gen_compiler::source::{Dialect, Sources, parse};

use chain::Chain;
use system::System;

fn phases(criterion: &mut Criterion) {
    let systems = System::all();
    let chains: Vec<(&System, Chain<'_>)> =
        systems.iter().map(|system| (system, Chain::new(system))).collect();

    let mut group = criterion.benchmark_group("parse");
    for (system, _) in &chains {
        let texts = system.texts();
        group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
        group.bench_function(BenchmarkId::from_parameter(&system.name), |bencher| {
            bencher.iter(|| {
                let sources = Sources::default();
                for text in &texts {
                    let file = sources.add("benchmark.yaml", text.as_str());
                    black_box(parse(&sources.get(file), Dialect::Strict));
                }
            });
        });
    }
    group.finish();

    // From here on a phase is measured by the objects that come of it.
    let mut measure = |phase: &str, routine: &mut dyn FnMut(&System, &Chain<'_>, &mut Bencher)| {
        let mut group = criterion.benchmark_group(phase);
        for (system, chain) in &chains {
            group.throughput(Throughput::Elements(chain.objects() as u64));
            group.bench_function(BenchmarkId::from_parameter(&system.name), |bencher| {
                routine(system, chain, bencher);
            });
        }
        group.finish();
    };
    measure("load", &mut |system, _, bencher| bencher.iter(|| system.load()));
    measure("resolve", &mut |_, chain, bencher| bencher.iter(|| chain.resolve()));
    measure("lower", &mut |_, chain, bencher| bencher.iter(|| chain.lower()));
    measure("link", &mut |_, chain, bencher| {
        bencher.iter_batched(|| chain.built(), |built| chain.link(built), BatchSize::SmallInput);
    });
    measure("validate", &mut |_, chain, bencher| bencher.iter(|| chain.validate()));
    measure("emit", &mut |_, chain, bencher| bencher.iter(|| chain.emit()));
    measure("compare", &mut |_, chain, bencher| bencher.iter(|| chain.compare()));
    measure("compile", &mut |system, _, bencher| bencher.iter(|| chain::compile(system)));
}

criterion_group!(benches, phases);
criterion_main!(benches);
