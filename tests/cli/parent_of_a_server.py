"""A program that leaves its work to a child, as web servers do: the child holds the port."""

import subprocess
import sys

if __name__ == "__main__":
    subprocess.run([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", sys.argv[1]], check=False)
