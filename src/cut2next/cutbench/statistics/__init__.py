"""What figures are worth: intervals, comparisons, agreement, strengths. Knows no picture.

Cases are what is drawn again in every interval: several pictures, or votes, of one case are one
cluster (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 8). Nothing is left
to chance from call to call: draws come from a seed of their own.
"""
