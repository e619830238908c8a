"""Print the measurements as JSON."""

import json

from benchmarks.barkoczi_galesic import measure

if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
