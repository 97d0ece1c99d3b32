//! The four drawings of the stage and their squared paper.

use super::{Pen, Rect, pt};

/// Which drawing of the stage is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The lab on a laptop or desktop.
    Desktop,
    /// The lab on a projector: larger letters, fewer of them.
    Projector,
    /// A phone held upright.
    Mobile,
    /// A figure in a text: as few words as on a phone, on a sheet that lies.
    Figure,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 4] = [Profile::Desktop, Profile::Projector, Profile::Mobile, Profile::Figure];

    /// Whether there is room for little: no second lines, small marks.
    pub fn is_small(self) -> bool {
        matches!(self, Profile::Mobile | Profile::Figure)
    }

    /// The `viewBox`: a margin is kept round the paper so that a piece pushed away stays in sight.
    pub fn view(self) -> Rect {
        match self {
            Profile::Desktop => Rect::new(-6.0, -8.0, 816.0, 550.0),
            Profile::Projector => Rect::new(2.0, 2.0, 896.0, 482.0),
            Profile::Mobile => Rect::new(0.0, -2.0, 390.0, 440.0),
            Profile::Figure => Rect::new(0.0, 0.0, 530.0, 400.0),
        }
    }

    /// The squared paper.
    pub fn sheet(self) -> Rect {
        match self {
            Profile::Desktop => Rect::new(10.0, 8.0, 784.0, 506.0),
            Profile::Projector => Rect::new(10.0, 8.0, 880.0, 450.0),
            Profile::Mobile => Rect::new(8.0, 8.0, 374.0, 406.0),
            Profile::Figure => Rect::new(8.0, 8.0, 514.0, 370.0),
        }
    }

    /// The viewBox as attribute text.
    pub fn view_box(self) -> String {
        let v = self.view();
        format!("{} {} {} {}", v.x, v.y, v.w, v.h)
    }

    /// How far a cut-off piece moves away.
    pub fn shift(self) -> f64 {
        if self.is_small() { 10.0 } else { 15.0 }
    }

    /// Distance between the lines of the squared paper.
    pub fn square(self) -> f64 {
        if self.is_small() { 22.0 } else { 26.0 }
    }

    /// The lines of the squared paper as one path.
    pub fn grid(self) -> String {
        let (s, step) = (self.sheet(), self.square());
        let mut d = Pen::new();
        let mut x = s.x + step;
        while x < s.right() - 1.0 {
            d.go(pt(x, s.y)).line(pt(x, s.bottom()));
            x += step;
        }
        let mut y = s.y + step;
        while y < s.bottom() - 1.0 {
            d.go(pt(s.x, y)).line(pt(s.right(), y));
            y += step;
        }
        d.done()
    }
}
