//! Every journey, as one program: see each module for what it walks through.
mod lab;
mod shell;
