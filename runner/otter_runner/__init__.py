"""What runs inside the jail: the zygote, and in its forks students' notebooks."""
