"""Sleep: when to wake next, and what doing nothing costs.

planner  which state for which gap (pure)
rest     plans each gap and sleeps it
tempo    how fast the node lives now
watchdog a sign of life that only a finished cycle gives
deadline when the next cycle is due (pure)
dvfs     race to idle, or crawl (pure)
pace     sets the clocks when another mode is better

ledger    joules and seconds by stage
quantiles of latencies, in a bounded table
books     the ledger on disk
airtime   what the way to the network took (pure)

thrift    an hour in, a rhythm out: all below but the last two, together (pure, as they all are)
energy    its options
battery   how full it is, by gauge, count or voltage
discharge the curve of a cell's voltage at rest
sun       what each hour of the day is expected to bring
neutral   live on that, and keep a reserve
rhythm    how fast a node lives, within hard limits
guard     whether a battery bears a start
alertness fast when something happens, slow when nothing does
"""
