//! A process that ends when its holder does, whatever way that goes.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command},
    sync::mpsc,
    thread::{self, JoinHandle},
};

/// A running process. Dropped, it is told to end (SIGINT, which engines take as: at once, but in order) and waited for.
#[derive(Debug)]
pub struct Process {
    id: u32,
    holder: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Process {
    /// Starts a program that also gets SIGINT from the kernel when this process is killed. `user` is the one to run
    /// as, if this process may choose.
    pub fn start(command: &Command, user: Option<&str>) -> io::Result<Self> {
        let mut held = as_user(user);
        held.arg("--pdeathsig=INT").arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => held.env(key, value),
                None => held.env_remove(key),
            };
        }
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        // The kernel looks at the thread that started a process, and threads of tests end with their test.
        let holder = thread::spawn(move || {
            let child = held.spawn();
            match child {
                Ok(child) => {
                    started.send(Ok(child.id())).ok();
                    stopped.recv().ok();
                    end(child);
                }
                Err(error) => drop(started.send(Err(error))),
            }
        });
        let id = starting.recv().map_err(io::Error::other)??;
        Ok(Self { id, holder: Some((stop, holder)) })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some((stop, holder)) = self.holder.take() {
            drop(stop);
            holder.join().ok();
        }
    }
}

fn end(mut child: Child) {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().ok();
    child.wait().ok();
}

/// `setpriv`, which runs what follows as a user.
pub(crate) fn as_user(user: Option<&str>) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(user) = user {
        command.args([format!("--reuid={user}"), format!("--regid={user}"), "--init-groups".into()]);
    }
    command
}

/// A port of loopback that nobody listened on a moment ago.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
