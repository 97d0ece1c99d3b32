//! Every journey, as one program: see each module for what it walks through.
mod access;
mod behaviour;
mod desk;
mod files;
mod gallery;
mod keyboard;
mod lab;
mod lessons;
mod links;
mod mouse;
mod quorum;
mod screens;
mod shell;
mod storage;
mod sweep;
mod touch;
mod two;
