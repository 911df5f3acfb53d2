"""Sleep: when to wake next, and what doing nothing costs.

planner  which state for which gap (pure)
rest     plans each gap and sleeps it
deadline when the next cycle is due (pure)
dvfs     race to idle, or crawl (pure)
pace     sets the clocks when another mode is better

ledger    joules and seconds by stage
quantiles of latencies, in a bounded table
books     the ledger on disk
"""
