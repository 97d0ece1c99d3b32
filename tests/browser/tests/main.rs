//! Every journey, as one program: see each module for what it walks through.
mod desk;
mod lab;
mod mouse;
mod shell;
