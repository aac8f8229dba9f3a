// SPDX-License-Identifier: MIT OR Apache-2.0

//! Photosensitivity limits of a light pattern: WCAG 2.3.1, "three flashes or below threshold".
//!
//! A general flash is a pair of opposing changes of relative luminance by at least 10 % of the maximum, if
//! the darker state is below 0.80. A red flash is a pair of opposing changes to or from a saturated red. More
//! than three of either kind in any second, on at least a quarter of the screen, violate the limits. Every
//! rectangle of cells that covers a quarter is checked. Each single cell is checked too, because a person may
//! sit close to a large screen.

use super::super::Time;

/// One state of the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Start of the state, in nanoseconds.
    pub at: Time,
    /// Linear red, green and blue of each cell, 0–1, row by row.
    pub cells: Vec<[f32; 3]>,
}

/// Maximum number of flashes in a second.
const MOST_FLASHES: usize = 3;
const SECOND: Time = 1_000_000_000;
/// Least change of relative luminance in a flash.
const CHANGE: f32 = 0.1;
/// Relative luminance below which the darker state of a flash lies.
const DARKER: f32 = 0.8;
/// Least R / (R + G + B) of a saturated red.
const SATURATED: f32 = 0.8;
/// Least change of 320 · (R − G − B) in a red flash.
const RED_CHANGE: f32 = 20.0;

/// Returns true if a sequence of states keeps the limits. The changes between them may be gradual but must
/// not overshoot.
pub fn is_safe(rows: usize, columns: usize, states: &[Shown]) -> bool {
    regions(rows, columns).all(|region| {
        let colors = || states.iter().map(|state| (state.at, mean(&state.cells, columns, &region)));
        most_in_a_second(&general(colors())) / 2 <= MOST_FLASHES
            && most_in_a_second(&red(colors())) / 2 <= MOST_FLASHES
    })
}

/// First row, last row, first column and last column.
type Region = [usize; 4];

fn regions(rows: usize, columns: usize) -> impl Iterator<Item = Region> {
    let spans = |n: usize| (0..n).flat_map(move |first| (first..n).map(move |last| (first, last)));
    spans(rows).flat_map(move |(top, bottom)| spans(columns).map(move |(l, r)| [top, bottom, l, r])).filter(
        move |[top, bottom, left, right]| {
            let cells = (bottom - top + 1) * (right - left + 1);
            cells == 1 || 4 * cells >= rows * columns
        },
    )
}

fn mean(cells: &[[f32; 3]], columns: usize, &[top, bottom, left, right]: &Region) -> [f32; 3] {
    let (mut sum, mut count) = ([0.0; 3], 0.0f32);
    for row in top..=bottom {
        for column in left..=right {
            let Some(cell) = cells.get(row * columns + column) else { continue };
            sum = [0, 1, 2].map(|i| sum[i] + cell[i]);
            count += 1.0;
        }
    }
    sum.map(|v| v / count.max(1.0))
}

/// Returns the times of changes of luminance, each opposite to the one before.
fn general(colors: impl Iterator<Item = (Time, [f32; 3])>) -> Vec<Time> {
    let luminance = |c: [f32; 3]| 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
    changes(colors.map(|(at, color)| (at, luminance(color), false)), |low, _| low < DARKER, CHANGE)
}

fn red(colors: impl Iterator<Item = (Time, [f32; 3])>) -> Vec<Time> {
    let states = colors.map(|(at, [r, g, b])| {
        let saturated = r > 0.0 && r / (r + g + b) >= SATURATED;
        (at, (320.0 * (r - g - b)).max(0.0), saturated)
    });
    changes(states, |_, saturated| saturated, RED_CHANGE)
}

/// Returns the times of the changes between turning points of a value. A change of at least `least` counts
/// once, if `counts` accepts its lower value and the mark of either end.
fn changes(
    states: impl Iterator<Item = (Time, f32, bool)>,
    counts: impl Fn(f32, bool) -> bool,
    least: f32,
) -> Vec<Time> {
    let mut times = Vec::new();
    let mut walk: Option<Walk> = None;
    for (at, value, marked) in states {
        let point = (value, marked);
        let walk = walk.get_or_insert(Walk { from: point, to: point, counted: false });
        let (length, step) = (walk.to.0 - walk.from.0, value - walk.to.0);
        if length * step >= 0.0 {
            walk.to = point;
        } else if step.abs() >= least {
            *walk = Walk { from: walk.to, to: point, counted: false };
        }
        let far = (walk.to.0 - walk.from.0).abs() >= least;
        if far && !walk.counted && counts(walk.to.0.min(walk.from.0), walk.to.1 || walk.from.1) {
            walk.counted = true;
            times.push(at);
        }
    }
    times
}

/// A change in one direction: value and mark of both ends.
struct Walk {
    from: (f32, bool),
    to: (f32, bool),
    counted: bool,
}

fn most_in_a_second(times: &[Time]) -> usize {
    times
        .iter()
        .enumerate()
        .map(|(i, begin)| times[i..].iter().take_while(|at| *at - begin < SECOND).count())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::super::MILLISECOND;
    use super::*;

    fn blinking(period: Time, low: [f32; 3], high: [f32; 3]) -> Vec<Shown> {
        (0..40u64)
            .map(|i| Shown { at: i * period, cells: vec![if i % 2 == 0 { low } else { high }] })
            .collect()
    }

    #[test]
    fn three_flashes_a_second_are_the_limit() {
        let (black, white) = ([0.0; 3], [1.0; 3]);
        assert!(is_safe(1, 1, &blinking(167 * MILLISECOND, black, white)));
        assert!(!is_safe(1, 1, &blinking(120 * MILLISECOND, black, white)));
        // Hardly visible flashes and bright flashes may be fast.
        assert!(is_safe(1, 1, &blinking(30 * MILLISECOND, [0.5; 3], [0.58; 3])));
        assert!(is_safe(1, 1, &blinking(30 * MILLISECOND, [0.81; 3], [1.0; 3])));
    }

    #[test]
    fn saturated_red_is_worse() {
        let (dark, red) = ([0.0; 3], [0.3, 0.0, 0.0]);
        // The luminance changes by less than a tenth.
        assert!(!is_safe(1, 1, &blinking(120 * MILLISECOND, dark, red)));
        assert!(is_safe(1, 1, &blinking(120 * MILLISECOND, dark, [0.2, 0.06, 0.0])));
    }

    #[test]
    fn a_quarter_of_the_screen_is_enough() {
        let states = |cells: &[usize]| -> Vec<Shown> {
            let cell = |i: u64, n: usize| if i % 2 == 1 && cells.contains(&n) { [1.0; 3] } else { [0.3; 3] };
            (0..40)
                .map(|i| Shown { at: i * 100 * MILLISECOND, cells: (0..16).map(|n| cell(i, n)).collect() })
                .collect()
        };
        assert!(!is_safe(4, 4, &states(&[0, 1, 4, 5])));
        assert!(!is_safe(4, 4, &states(&[7])), "near a large screen");
        assert!(is_safe(4, 4, &states(&[])));
    }

    #[test]
    fn slow_ramps_count_once() {
        let state = |i: u64| {
            let phase = (i % 20) as f32 / 10.0;
            Shown {
                at: i * 33 * MILLISECOND,
                cells: vec![[if phase < 1.0 { phase } else { 2.0 - phase }; 3]],
            }
        };
        assert!(is_safe(1, 1, &(0..200).map(state).collect::<Vec<_>>()));
        let fast = |i: u64| Shown { at: i * 12 * MILLISECOND, ..state(i) };
        assert!(!is_safe(1, 1, &(0..200).map(fast).collect::<Vec<_>>()));
    }
}
