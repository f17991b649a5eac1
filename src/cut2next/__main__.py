"""`python -m cut2next`, as `torchrun -m` calls it."""

import sys

from cut2next.cli.main import main

sys.exit(main())
