//! Quantities of resources.
//!
//! Source: `pkg/cel/library/quantity.go` of `k8s.io/apiserver`.

use std::cmp::Ordering;
use std::sync::Arc;

use kube_cel::cel::Value;
use kube_cel::cel::objects::Opaque;

use super::evaluate::{Result, error};
use crate::k8s::Quantity;

/// A quantity as a value.
#[derive(Debug, PartialEq, Eq)]
pub struct Amount(Quantity);

impl Opaque for Amount {
    fn runtime_type_name(&self) -> &'static str {
        "kubernetes.Quantity"
    }
}

/// `quantity(TEXT)`.
pub fn quantity(text: &str) -> Result {
    match Quantity::of_server(text) {
        Ok(quantity) => Ok(value(quantity)),
        Err(reason) => error(reason.to_string()),
    }
}

/// `isQuantity(TEXT)`.
pub fn is_quantity(text: &str) -> bool {
    Quantity::of_server(text).is_ok()
}

fn value(quantity: Quantity) -> Value {
    Value::Opaque(Arc::new(Amount(quantity)))
}

impl Amount {
    /// `sign(QUANTITY)`.
    pub fn sign(&self) -> Value {
        Value::Int(self.0.cmp(&Quantity::default()) as i64)
    }

    /// What a function says of it; `None` where there is none of that name.
    pub fn method(&self, name: &str, arguments: &[Value]) -> Option<Result> {
        let quantity = self.0;
        let order = |other: &Value| of(other).map(|other| quantity.cmp(&other));
        Some(match (name, arguments) {
            ("isInteger", []) => Ok(Value::Bool(whole(quantity).is_some())),
            ("asInteger", []) => whole(quantity)
                .map_or_else(|| error("cannot convert value to integer"), |it| Ok(Value::Int(it))),
            ("asApproximateFloat", []) => Ok(Value::Float(approximate(quantity))),
            ("isGreaterThan", [other]) => Ok(Value::Bool(order(other)? == Ordering::Greater)),
            ("isLessThan", [other]) => Ok(Value::Bool(order(other)? == Ordering::Less)),
            ("compareTo", [other]) => Ok(Value::Int(order(other)? as i64)),
            ("add", [other]) => Ok(value(quantity + of(other).or_else(|| of_int(other))?)),
            ("sub", [other]) => Ok(value(quantity - of(other).or_else(|| of_int(other))?)),
            _ => return None,
        })
    }
}

fn of(value: &Value) -> Option<Quantity> {
    match value {
        Value::Opaque(value) => value.downcast_ref::<Amount>().map(|amount| amount.0),
        _ => None,
    }
}

fn of_int(value: &Value) -> Option<Quantity> {
    match value {
        Value::Int(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn whole(quantity: Quantity) -> Option<i64> {
    let whole = quantity.is_whole().then(|| quantity.nanos() / 1_000_000_000)?;
    i64::try_from(whole).ok()
}

#[expect(clippy::cast_precision_loss, reason = "it is approximate")]
fn approximate(quantity: Quantity) -> f64 {
    quantity.nanos() as f64 / 1e9
}
