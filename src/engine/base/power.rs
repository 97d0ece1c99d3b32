//! Powers of two with a fractional exponent, in whole numbers.

/// One as a Q63 fixed-point number.
const ONE: u64 = 1 << 63;

/// 2 to the power of −1/2, −1/4, −1/8, …, as Q63 fixed-point numbers: each is the square root of the one before.
const ROOTS: [u64; 32] = {
    let mut roots = [0; 32];
    let (mut last, mut i) = (ONE as u128 / 2, 0);
    while i < roots.len() {
        last = (last << 63).isqrt();
        roots[i] = last as u64;
        i += 1;
    }
    roots
};

/// 2 to the power of −`x` / 2³² as a Q63 fixed-point number: 2⁶³ is one. Accurate to 2⁻⁵⁷ of the result before it is rounded down.
pub fn exp2_neg_q63(x: u64) -> u64 {
    let (whole, fraction) = (x >> 32, x as u32);
    if whole >= 64 {
        return 0;
    }
    // Each bit of the exponent, from one half on, is a factor.
    let mantissa = ROOTS.iter().enumerate().filter(|(i, _)| fraction & (1 << (31 - i)) != 0);
    let product = mantissa.fold(u128::from(ONE), |product, (_, root)| (product * u128::from(*root)) >> 63);
    (product >> whole) as u64
}

#[cfg(test)]
mod tests {
    use super::super::logarithm::log2_q32;
    use super::*;

    #[test]
    fn agrees_with_known_powers() {
        let near = |x_millionths: u64, expected_billionths: u64| {
            let x = ((u128::from(x_millionths) << 32) / 1_000_000) as u64;
            let got = (u128::from(exp2_neg_q63(x)) * 1_000_000_000) >> 63;
            assert!(got.abs_diff(u128::from(expected_billionths)) <= 2, "{x_millionths}: {got} against {expected_billionths}");
        };
        near(0, 1_000_000_000);
        near(1_000_000, 500_000_000);
        near(500_000, 707_106_781); // the square root of one half
        near(1_442_695, 367_879_451); // a little more than 1/e, whose binary logarithm is -1.44269504…
        near(10_000_000, 976_563); // 1/1024, rounded
        assert_eq!(exp2_neg_q63(u64::MAX), 0);
    }

    #[test]
    fn undoes_the_logarithm() {
        for n in [1u64, 2, 3, 7, 10, 100, 999, 65_537, 1_000_000] {
            let back = u128::from(exp2_neg_q63(log2_q32(n))) * u128::from(n);
            let error = back.abs_diff(u128::from(ONE));
            assert!(error < 1 << 34, "1/{n} times {n} is one to within 2^-29, was off by {error}");
        }
    }
}
