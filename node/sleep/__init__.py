"""Sleep: when to wake next, and what doing nothing costs.

planner  which state for which gap (pure)
rest     plans each gap and sleeps it
deadline when the next cycle is due (pure)
ledger   joules and seconds by stage
"""
