// SPDX-License-Identifier: MIT OR Apache-2.0

//! How likely a code that was not shown is taken for the one that was: by calculation, and by trying.
//!
//!     cargo run --release --example wrongcode -- [CODES] [SESSIONS]
//!
//! CODES (100000) other codes of the same kind, half of them drawn anew and half the shown one with its periods in another order,
//! are asked of what a camera saw in SESSIONS (10) rendered checks of a live person. That is what an injected recording of a
//! check amounts to.

#[path = "common/offline.rs"]
mod offline;
use liveness_core::check::{Changes, Findings, FlashConfig, Freshness, LightCode, Randomness, lags};
use liveness_eval::metrics::Rate;
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Thresholds of freshness whose rates are told.
const BITS: [f64; 6] = [2.0, 4.0, 6.0, 8.0, 10.0, 20.0];

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let codes: usize = arguments.next().map_or(Ok(100_000), |n| n.parse())?;
    let sessions: usize = arguments.next().map_or(Ok(10), |n| n.parse())?;
    gst::init()?;
    let most_lag = FlashConfig::default().max_display_latency as f64 * 1e-9;
    let (mut bits, mut own, mut accepted) = (Vec::new(), Vec::new(), 0);
    for n in 0..sessions {
        let (check, ..) = offline::play(n as u64)?;
        let (series, code) = check.played().ok_or("no code was played")?;
        let changes = Changes::new(series).ok_or("too few frames")?;
        let mut random = Randomness::new(1 + n as u64);
        let shown = Freshness::search(&changes, code, most_lag, &mut random).ok_or("no randomness")?;
        own.push(shown.bits());
        for i in 0..codes / sessions {
            let other = match i % 2 {
                0 => code.shuffled(&mut random),
                _ => LightCode::draw(code.rows(), code.columns(), code.duration(), &mut random),
            };
            let other = other.ok_or("no randomness")?;
            let (_, explained) = changes.best(&other, &lags(most_lag)).ok_or("no delay")?;
            bits.push(shown.bits_of(explained));
            // Whatever could be accepted is judged in full.
            if shown.bits_of(explained) > 10.0 {
                let findings = Findings::new(series, &other, most_lag, check.pose(), &mut random);
                accepted += usize::from(findings.is_some_and(|findings| findings.failure().is_none()));
            }
        }
        eprintln!("session {n}: the shown code {:.1} bits, the best other {:.1}", shown.bits(), most(&bits));
    }
    for least in BITS {
        let rate = Rate::new(bits.iter().filter(|bits| **bits >= least).count(), bits.len());
        println!("{least:4.0} bits or more: {rate}; by calculation {:.4} %", 100.0 * (-least).exp2());
    }
    let least = own.iter().copied().fold(f64::INFINITY, f64::min);
    println!(
        "the most of {} other codes: {:.1} bits; the least of the shown: {least:.1}",
        bits.len(),
        most(&bits)
    );
    println!("accepted: {}", Rate::new(accepted, bits.len()));
    Ok(())
}

fn most(bits: &[f64]) -> f64 {
    bits.iter().copied().fold(0.0, f64::max)
}
