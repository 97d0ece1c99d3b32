//! A natural logarithm in whole numbers, because the floating-point one differs in the last bits between machines and WebAssembly.

/// ln 2 as a Q32 fixed-point number.
const LN2_Q32: u128 = 2_977_044_472;

/// −ln(`u` / 2⁶⁴) as a Q32 fixed-point number; `u` = 0 counts as 1. At most 44.37 in value.
pub fn neg_ln_q32(u: u64) -> u64 {
    ((u128::from(neg_log2_q32(u)) * LN2_Q32) >> 32) as u64
}

/// The binary logarithm of `u` as a Q32 fixed-point number; `u` = 0 counts as 1.
pub fn log2_q32(u: u64) -> u64 {
    ((64u128 << 32) - u128::from(neg_log2_q32(u))) as u64
}

/// −log2(`u` / 2⁶⁴) as a Q32 fixed-point number.
///
/// It is read off bit by bit: squaring a mantissa doubles its logarithm, so each carry past 2 is the next bit.
fn neg_log2_q32(u: u64) -> u64 {
    let u = u.max(1);
    let zeros = u.leading_zeros();
    let mut mantissa = u128::from(u << zeros); // in [2^63, 2^64): the value in [1, 2) as Q63
    let mut fraction: u64 = 0; // log2 of the mantissa, Q32
    for bit in (0..32).rev() {
        mantissa = (mantissa * mantissa) >> 63;
        if mantissa >= 1 << 64 {
            mantissa >>= 1;
            fraction |= 1 << bit;
        }
    }
    // −log2(u / 2^64) = 1 + zeros − log2(mantissa), where the mantissa is in [1, 2).
    (u64::from(zeros + 1) << 32) - fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_known_logarithms() {
        let near = |u: u64, expected_millionths: u64| {
            let got = (u128::from(neg_ln_q32(u)) * 1_000_000) >> 32;
            assert!(got.abs_diff(u128::from(expected_millionths)) <= 1, "{u}: {got} against {expected_millionths}");
        };
        near(1 << 63, 693_147); // −ln(1/2)
        near(1 << 62, 1_386_294); // −ln(1/4)
        near(u64::MAX, 0); // −ln(1)
        near(1, 44_361_419); // 64 ln 2
        near(u64::MAX / 10, 2_302_585); // −ln(1/10)
        near(u64::MAX / 3, 1_098_612); // −ln(1/3)
    }

    #[test]
    fn never_grows_with_its_argument() {
        let mut last = u64::MAX;
        for i in 0..2_000u64 {
            let now = neg_ln_q32(i * (u64::MAX / 2_000));
            assert!(now <= last);
            last = now;
        }
    }
}
