//! Every journey, as one program: see each module for what it walks through.
mod desk;
mod keyboard;
mod lab;
mod mouse;
mod shell;
mod touch;
