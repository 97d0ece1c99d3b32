//! Facts: what published sources say of the systems modelled here, held against the engine.

mod accrual;
mod digests;
