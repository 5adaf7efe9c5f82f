//! `otter-service receipt`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Subcommand;
use model::{NotebookHash, ReceiptVerifier};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a receipt: that the service signed it, and that it is for a given notebook.
    Verify {
        /// The receipt's text, or a file that holds it.
        receipt: String,
        /// The service's public key. Also at `api/v1/receipt-key` of the service.
        #[arg(long, value_name = "FILE", default_value = "data/receipt-key.pub.pem")]
        key: PathBuf,
        /// The notebook that was submitted, as `api/v1/submissions/ID/notebook` gives it back.
        #[arg(long, value_name = "FILE")]
        notebook: Option<PathBuf>,
    },
}

pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Verify { receipt, key, notebook } = command;
    let pem = fs::read_to_string(&key)
        .with_context(|| format!("the public key {} cannot be read", key.display()))?;
    let verifier = ReceiptVerifier::from_pem(&pem).with_context(|| key.display().to_string())?;
    let is_file = receipt.len() < 4096 && Path::new(&receipt).is_file();
    let receipt = if is_file { fs::read_to_string(&receipt)? } else { receipt };
    let submission = match verifier.verify(&receipt) {
        Ok(submission) => submission,
        Err(problem) => {
            println!("The receipt is NOT good: {problem}.");
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("The receipt is good: the service with the key {} accepted", verifier.id());
    println!("  submission  {}", submission.id);
    println!("  by          {}", submission.user);
    println!("  for         {}", submission.key);
    println!("  at          {}", submission.received_at);
    println!("  SHA-256     {} ({} bytes)", submission.sha256, submission.size_bytes);
    if let Some(path) = notebook {
        let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        // A file may end in a line break that the request did not hold.
        if NotebookHash::of(bytes.trim_ascii()) != submission.sha256 {
            println!("{} is NOT the notebook that was submitted: its SHA-256 is another.", path.display());
            return Ok(ExitCode::FAILURE);
        }
        println!("{} is the notebook that was submitted.", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
