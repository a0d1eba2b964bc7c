//! Figures as text: one line for each case, and the histogram under it.

use std::io::Write;

use anyhow::Result;
use hdrhistogram::Histogram;

/// The widest bar.
const BAR: usize = 50;

/// Writes the heading of a table of latencies.
pub fn heading(out: &mut impl Write) -> Result<()> {
    writeln!(
        out,
        "{:<38} {:>9} {:>9} {:>9} {:>9}",
        "case, in ms", "samples", "p50", "p99", "max"
    )?;
    Ok(())
}

/// Writes a case: microseconds in, milliseconds out.
pub fn latency(out: &mut impl Write, case: &str, micros: &Histogram<u64>) -> Result<()> {
    writeln!(
        out,
        "{case:<38} {:>9} {:>9.2} {:>9.2} {:>9.2}",
        micros.len(),
        ms(micros.value_at_quantile(0.5)),
        ms(micros.value_at_quantile(0.99)),
        ms(micros.max()),
    )?;
    Ok(())
}

/// Writes how the values are spread over steps that double.
pub fn spread(out: &mut impl Write, micros: &Histogram<u64>) -> Result<()> {
    let mut low = 0;
    let mut high = 250;
    while low <= micros.max() {
        let count = micros.count_between(low, high - 1);
        if count > 0 {
            let share = count as f64 / micros.len() as f64;
            let bar = "█".repeat((share * BAR as f64).ceil() as usize);
            writeln!(
                out,
                "  {:>8.2} – {:>8.2}  {:>6.2} %  {bar}",
                ms(low),
                ms(high),
                share * 100.0
            )?;
        }
        (low, high) = (high, high * 2);
    }
    Ok(())
}

fn ms(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::screens::histogram;

    #[test]
    fn every_value_is_in_one_step() {
        let mut micros = histogram().expect("a histogram");
        for value in [1, 249, 250, 7_999, 100_000] {
            micros.record(value).expect("a value");
        }
        let mut text = Vec::new();
        spread(&mut text, &micros).expect("text");
        let text = String::from_utf8(text).expect("UTF-8");
        let percent: f64 = text
            .lines()
            .filter_map(|line| line.split_whitespace().nth(3)?.parse::<f64>().ok())
            .sum();
        assert!((percent - 100.0).abs() < 0.1, "{text}");
    }
}
