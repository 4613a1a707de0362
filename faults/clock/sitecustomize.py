"""Put the clock of this process off by CLOCK_OFF_S seconds: it is first on the path of one worker alone."""

import datetime
import os

import time_machine

off = datetime.timedelta(seconds=float(os.environ["CLOCK_OFF_S"]))
time_machine.travel(datetime.datetime.now(datetime.UTC) + off, tick=True).start()
