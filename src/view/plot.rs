//! A drawing board for plotters that keeps what is drawn as plain marks, so that a page can draw it in its own colours and find points again.
//!
//! plotters lays out axes and series; nothing here measures text in a browser, so a plot is the same natively and in the page.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use plotters::prelude::{Color, DrawingBackend, IntoFont, RGBColor, TextStyle};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind, FontTransform};

/// What a mark is drawn with. The page decides on colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pen {
    /// Words and axes.
    Ink,
    /// The grid.
    Grid,
    /// The first series.
    First,
    /// The second series.
    Second,
    /// The third series.
    Third,
    /// The fourth series.
    Fourth,
    /// The fifth series.
    Fifth,
    /// The sixth series.
    Sixth,
    /// The seventh series.
    Seventh,
    /// The eighth series.
    Eighth,
    /// The ninth series.
    Ninth,
    /// The tenth series.
    Tenth,
    /// The eleventh series.
    Eleventh,
}

impl Pen {
    /// Every pen; its place in the list is its colour for plotters.
    const EVERY: [Pen; 13] = [
        Pen::Ink,
        Pen::Grid,
        Pen::First,
        Pen::Second,
        Pen::Third,
        Pen::Fourth,
        Pen::Fifth,
        Pen::Sixth,
        Pen::Seventh,
        Pen::Eighth,
        Pen::Ninth,
        Pen::Tenth,
        Pen::Eleventh,
    ];

    /// The pen of a series, counted from 0.
    pub fn of_series(number: usize) -> Pen {
        Pen::EVERY.get(number + 2).copied().unwrap_or(Pen::Eleventh)
    }

    /// What plotters is told: a colour that stands for the pen.
    pub fn colour(self) -> RGBColor {
        RGBColor(Pen::EVERY.iter().position(|p| *p == self).unwrap_or(0) as u8, 0, 0)
    }

    fn of(colour: BackendColor) -> Pen {
        Pen::EVERY.get(usize::from(colour.rgb.0)).copied().unwrap_or(Pen::Ink)
    }

    /// Its style class.
    pub const fn class(self) -> &'static str {
        match self {
            Pen::Ink => "ink",
            Pen::Grid => "grid",
            Pen::First => "first",
            Pen::Second => "second",
            Pen::Third => "third",
            Pen::Fourth => "fourth",
            Pen::Fifth => "fifth",
            Pen::Sixth => "sixth",
            Pen::Seventh => "seventh",
            Pen::Eighth => "eighth",
            Pen::Ninth => "ninth",
            Pen::Tenth => "tenth",
            Pen::Eleventh => "eleventh",
        }
    }
}

/// Where words stand to their point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// They begin there.
    Start,
    /// Their middle is there.
    Middle,
    /// They end there.
    End,
}

impl Side {
    /// The value of the attribute `text-anchor`.
    pub const fn anchor(self) -> &'static str {
        match self {
            Side::Start => "start",
            Side::Middle => "middle",
            Side::End => "end",
        }
    }
}

/// One mark, in pixels of the board.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line through these points.
    Line {
        /// The points.
        points: Vec<(i32, i32)>,
        /// What it is drawn with.
        pen: Pen,
    },
    /// Words.
    Text {
        /// What they say.
        text: String,
        /// Where their baseline is.
        at: (i32, i32),
        /// How they stand to it.
        side: Side,
        /// Whether they are written upwards.
        upright: bool,
        /// Height of the letters.
        size: f64,
    },
}

/// The board. Clones draw on the same one.
#[derive(Debug, Clone)]
pub struct Board {
    size: (u32, u32),
    marks: Rc<RefCell<Vec<Mark>>>,
}

/// Width of a letter for each pixel of its height, on average.
const LETTER: f64 = 0.52;

/// Words of this size for plotters.
pub fn words(size: f64) -> TextStyle<'static> {
    TextStyle { color: Pen::Ink.colour().to_backend_color(), ..TextStyle::from(("sans-serif", size).into_font()) }
}

impl Board {
    /// An empty board of this width and height.
    pub fn new(size: (u32, u32)) -> Board {
        Board { size, marks: Rc::default() }
    }

    /// What has been drawn.
    pub fn marks(&self) -> Vec<Mark> {
        self.marks.borrow().clone()
    }

    fn add(&self, mark: Mark) -> Result<(), DrawingErrorKind<Infallible>> {
        self.marks.borrow_mut().push(mark);
        Ok(())
    }

    fn line(&self, points: Vec<(i32, i32)>, colour: BackendColor) -> Result<(), DrawingErrorKind<Infallible>> {
        if points.len() < 2 || colour.alpha == 0.0 {
            return Ok(());
        }
        self.add(Mark::Line { points, pen: Pen::of(colour) })
    }
}

impl DrawingBackend for Board {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, colour: BackendColor) -> Result<(), DrawingErrorKind<Infallible>> {
        self.line(vec![point, (point.0 + 1, point.1)], colour)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Result<(), DrawingErrorKind<Infallible>> {
        self.line(vec![from, to], style.color())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.line(path.into_iter().collect(), style.color())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Result<(), DrawingErrorKind<Infallible>> {
        let anchor = style.anchor();
        let side = match anchor.h_pos {
            HPos::Left => Side::Start,
            HPos::Center => Side::Middle,
            HPos::Right => Side::End,
        };
        let size = style.size();
        let upright = !matches!(style.transform(), FontTransform::None);
        // Browsers place words by their baseline.
        let down = match anchor.v_pos {
            VPos::Top => size * 0.78,
            VPos::Center => size * 0.34,
            VPos::Bottom => -size * 0.2,
        } as i32;
        let at = if upright { (at.0 + down, at.1) } else { (at.0, at.1 + down) };
        self.add(Mark::Text { text: text.to_owned(), at, side, upright, size })
    }

    fn estimate_text_size<S: BackendTextStyle>(&self, text: &str, style: &S) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = style.size();
        Ok(((text.chars().count() as f64 * size * LETTER).ceil() as u32, size.ceil() as u32))
    }
}
