//! The course map: where each unit stands among the parts, and which come first.

use super::geometry::{Point, pt};
use crate::course::{PARTS, Unit};

/// Width and height of the map.
pub const SIZE: (f64, f64) = (1312.0, 470.0);

/// Where units stand from left to right: roughly when they can be read.
const ACROSS: [f64; 17] =
    [262.0, 412.0, 542.0, 690.0, 838.0, 450.0, 622.0, 794.0, 536.0, 716.0, 870.0, 676.0, 962.0, 516.0, 362.0, 1102.0, 1236.0];

/// The place of a unit.
pub fn place(unit: &Unit) -> Point {
    let x = ACROSS.get((unit.unit as usize).wrapping_sub(1)).copied().unwrap_or(SIZE.0 / 2.0);
    pt(x, height(unit.part))
}

/// The line of a part, counted from 1.
pub fn height(part: u32) -> f64 {
    34.0 + (part.clamp(1, PARTS.len() as u32) - 1) as f64 * 92.0
}

/// An arrow from a unit to one that builds on it: the path, and whether both are written.
pub fn arrows(units: &[Unit]) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for unit in units {
        for need in unit.needs.iter().filter_map(|n| units.iter().find(|u| u.unit == *n)) {
            let (a, b) = (place(need), place(unit));
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let length = (dx * dx + dy * dy).sqrt().max(1.0);
            let (ux, uy) = (dx / length, dy / length);
            let (from, to) = (pt(a.x + ux * 20.0, a.y + uy * 20.0), pt(b.x - ux * 22.0, b.y - uy * 22.0));
            let (left, right) =
                (pt(to.x - ux * 9.0 + uy * 4.5, to.y - uy * 9.0 - ux * 4.5), pt(to.x - ux * 9.0 - uy * 4.5, to.y - uy * 9.0 + ux * 4.5));
            let d = format!(
                "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}",
                from.x, from.y, to.x, to.y, left.x, left.y, to.x, to.y, right.x, right.y
            );
            found.push((d, need.written && unit.written));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::units;

    #[test]
    fn units_stand_apart_and_inside() {
        let units = units();
        assert_eq!(units.len(), ACROSS.len());
        for (i, a) in units.iter().enumerate() {
            let p = place(a);
            assert!(p.x > 180.0 && p.x < SIZE.0 - 40.0 && p.y < SIZE.1 - 40.0, "{}", a.title);
            for b in &units[i + 1..] {
                let q = place(b);
                assert!(p.y != q.y || (p.x - q.x).abs() >= 120.0, "{} and {}", a.title, b.title);
            }
        }
        let needs: usize = units.iter().map(|u| u.needs.len()).sum();
        assert_eq!(arrows(&units).len(), needs);
    }
}
