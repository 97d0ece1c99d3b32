//! Bounds on lessons from outside.

/// Bounds on lessons from outside.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of a lesson's file.
    pub bytes: usize,
    /// Steps of a lesson.
    pub steps: usize,
    /// Blocks of a lesson, paragraphs included.
    pub blocks: usize,
    /// Figures of a lesson.
    pub figures: usize,
    /// Options of a question, rows of a table, values of a plot.
    pub options: usize,
    /// Characters of one paragraph.
    pub paragraph: usize,
    /// Seeds of one figure.
    pub seeds: usize,
}

/// The bounds in force (one table in ARCHITECTURE.md).
pub const LESSON_BOUNDS: Bounds =
    Bounds { bytes: 1 << 20, steps: 40, blocks: 1_000, figures: 60, options: 40, paragraph: 8_000, seeds: 100 };
