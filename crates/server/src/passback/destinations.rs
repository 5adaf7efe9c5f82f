//! Finding the destination of a delivery.

use ::passback::Destination;
use async_trait::async_trait;
use store::Passback;

/// Knows where each grade goes.
#[async_trait]
pub trait Destinations: Send + Sync + 'static {
    /// Where this one goes now.
    async fn of(&self, passback: &Passback) -> Result<Box<dyn Destination>, NoDestination>;
}

/// Why a grade cannot be sent anywhere. The words are for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDestination {
    /// Something has to change first: then it is sent again by hand.
    Nowhere(String),
    /// Who would know is away.
    NotNow(String),
}
