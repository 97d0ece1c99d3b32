//! Every journey, as one program: see each module for what it walks through.
mod behaviour;
mod lab;
mod shell;
