//! The track inside the ring of machines: where tokens and partitions lie, which no longer follow the order of the machines;
//! and the plates under the machines of one zone.

use super::ring::{Anchor, Detail, KeyMark, Layout, on_ellipse};
use super::{Pen, Point, Profile, pt};

/// Air between the discs and the track.
const GAP: f64 = 11.0;

impl Layout {
    /// Half the width and half the height of the track.
    fn track_radii(&self) -> (f64, f64) {
        let inset = self.radius + GAP;
        (self.rx - inset, self.ry - inset)
    }

    /// The point at share `turn` of a full turn, `inward` units inside the track.
    pub fn track_at(&self, turn: f64, inward: f64) -> Point {
        let (rx, ry) = self.track_radii();
        on_ellipse(self.centre, rx - inward, ry - inward, turn)
    }

    /// The whole track as path data.
    pub fn track(&self) -> String {
        self.track_arc(0.0, 1.0)
    }

    /// A stretch of the track clockwise from share `from` to share `to` (`to` may exceed 1).
    pub fn track_arc(&self, from: f64, to: f64) -> String {
        let steps = (((to - from) * 96.0).ceil() as usize).clamp(1, 192);
        let points: Vec<Point> = (0..=steps).map(|i| self.track_at(from + (to - from) * i as f64 / steps as f64, 0.0).rounded()).collect();
        Pen::new().through(&points).done()
    }

    /// Length of a stretch of the track that takes this share of a turn, roughly.
    pub fn track_length(&self, share: f64) -> f64 {
        let (rx, ry) = self.track_radii();
        share * std::f64::consts::TAU * ((rx * rx + ry * ry) / 2.0).sqrt()
    }

    /// Short lines across the track at these shares of a turn, reaching `out` and `inward` units to either side.
    pub fn ticks(&self, turns: impl IntoIterator<Item = f64>, out: f64, inward: f64) -> String {
        let mut pen = Pen::new();
        for turn in turns {
            pen.go(self.track_at(turn, -out)).line(self.track_at(turn, inward));
        }
        pen.done()
    }

    /// A key's mark on the track at share `turn`, its label further inside.
    pub fn track_mark(&self, turn: f64) -> KeyMark {
        let (at, lead) = (self.track_at(turn, 0.0), self.track_at(turn, 44.0));
        let (width, h) = match self.profile {
            Profile::Desktop => (92.0, 36.0),
            Profile::Projector => (116.0, 46.0),
            Profile::Mobile | Profile::Figure => (76.0, 18.0),
        };
        // The label lies on the side of its line that looks to the middle of the ring.
        let right = at.x < self.centre.x;
        let x = if right { lead.x + 3.0 } else { lead.x - 3.0 };
        let top = if at.y < self.centre.y { lead.y } else { lead.y - h };
        let base = top + if self.profile.is_small() { h - 4.0 } else { h * 0.42 };
        let anchor = if right { Anchor::Start } else { Anchor::End };
        KeyMark { at: at.rounded(), lead: lead.rounded(), label: super::ring::Spot { at: pt(x, base).rounded(), anchor, width } }
    }

    /// The plate under nodes `first` to `last`: a stretch of the ring line, to be drawn [`Layout::plate_width`] wide, with round
    /// ends unless the ring is of dots, which stand too close together for that.
    pub fn plate(&self, first: usize, last: usize) -> String {
        let n = self.nodes.len().max(1) as f64;
        let more = if self.detail == Detail::Dot { 0.3 } else { 0.02 };
        self.arc((first as f64 - more) / n, (last as f64 + more) / n)
    }

    /// The width of a plate.
    pub fn plate_width(&self) -> f64 {
        if self.detail == Detail::Dot { self.radius * 2.0 + 20.0 } else { self.radius * 2.0 + 12.0 }
    }

    /// The middle of the nodes `first` to `last`, as a share of a turn.
    pub fn middle_of(&self, first: usize, last: usize) -> f64 {
        (first + last) as f64 / 2.0 / self.nodes.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::ring::layout;
    use super::*;

    #[test]
    fn the_track_keeps_clear_of_the_machines() {
        for profile in Profile::ALL {
            for n in 1..=100 {
                let lay = layout(profile, n, 2);
                for step in 0..200 {
                    let at = lay.track_at(f64::from(step) / 200.0, -5.0);
                    assert!(lay.encloses(at), "{profile:?} {n}");
                    assert!(lay.nodes.iter().all(|node| node.at.dist(at) > lay.radius), "{profile:?} {n} at {step}");
                }
            }
        }
    }

    #[test]
    fn a_keys_label_looks_inwards() {
        for profile in Profile::ALL {
            let lay = layout(profile, 6, 2);
            for step in 0..64 {
                let mark = lay.track_mark(f64::from(step) / 64.0);
                assert!(lay.encloses(mark.lead) && lay.encloses(mark.label.at), "{profile:?} {step}");
                assert!((mark.label.anchor == Anchor::Start) == (mark.at.x < lay.centre.x - 0.04), "{profile:?} {step}");
            }
        }
    }

    #[test]
    fn plates_of_neighbouring_zones_do_not_touch() {
        for profile in Profile::ALL {
            for n in 2..=16 {
                let lay = layout(profile, n, 2);
                let gap = (0..n).map(|i| lay.nodes[i].at.dist(lay.nodes[(i + 1) % n].at)).fold(f64::MAX, f64::min);
                assert!(lay.plate_width() < gap || n > 12, "{profile:?} {n}: {} of {gap}", lay.plate_width());
            }
        }
    }

    #[test]
    fn lengths_add_up_to_about_the_whole() {
        let lay = layout(Profile::Desktop, 6, 1);
        let walked: f64 = (0..1000).map(|i| lay.track_at(f64::from(i) / 1e3, 0.0).dist(lay.track_at(f64::from(i + 1) / 1e3, 0.0))).sum();
        assert!((walked / lay.track_length(1.0) - 1.0).abs() < 0.02, "{walked}");
        assert_eq!(lay.ticks([0.0, 0.5], 4.0, 6.0).matches('M').count(), 2);
    }
}
