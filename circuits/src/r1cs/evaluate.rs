//! Vectors as polynomials at a point.

use super::{Group, Num, System};

impl System {
    /// `Σ_i point^i · values_i`, by Horner's rule from the last: one constraint for each value but that one.
    pub fn evaluate(&mut self, values: &[Num], point: &Num) -> Num {
        let mut values = values.iter().rev();
        let mut sum = values.next().cloned().unwrap_or_default();
        for value in values {
            let product = self.product(Group::Evaluation, &sum, point);
            sum = product.plus(value);
        }
        sum
    }
}
