//! A digest as four bars, so that a mismatch is seen before it is read.

use crate::engine::base::Digest;
use crate::view::chip;
use crate::view::geometry::Rect;

/// The drawing's box: width and height in its own units.
pub const BOX: (f64, f64) = (46.0, 26.0);

/// One bar of a digest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Where it stands in a box of [`BOX`].
    pub at: Rect,
    /// Whether the digit is the same in all digests it is compared with: drawn grey.
    pub same: bool,
}

/// The first four digits of `digest` as bars; those that are equal in each of `others` are marked. Without others nothing is.
pub fn bars(digest: Digest, others: &[Digest]) -> Vec<Bar> {
    let text = digest.short();
    let others: Vec<Vec<char>> = others.iter().map(|d| d.short().chars().collect()).collect();
    let room = Rect::new(1.0, 0.0, BOX.0 - 2.0, BOX.1);
    let mark = |(i, at): (usize, Rect)| {
        let same = !others.is_empty() && others.iter().all(|o| o.get(i).copied() == text.chars().nth(i));
        Bar { at, same }
    };
    chip::bars(&text, &room).into_iter().enumerate().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_digits_are_marked_and_only_with_something_to_compare() {
        let (a, b) = (Digest::from(0x41d7_0000_0000_0000), Digest::from(0x91c7_ffff_0000_0000));
        let same = |bars: Vec<Bar>| bars.iter().map(|b| b.same).collect::<Vec<_>>();
        assert_eq!(same(bars(a, &[])), [false; 4]);
        assert_eq!(same(bars(a, &[b])), [false, true, false, true]);
        assert_eq!(same(bars(a, &[b, Digest::from(0)])), [false; 4], "all must agree");
        assert!(bars(a, &[]).iter().all(|b| b.at.right() <= BOX.0 && b.at.bottom() <= BOX.1 + 0.1));
    }
}
