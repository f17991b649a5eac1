"""The mini model from nothing on one card, in minutes: all stages of the recipe at once.

Processes shoot sets without end. An autoencoder learns from what is shot; meanwhile the step of the
transformer is compiled and captured. Then the transformer learns until a deadline, from latents
that stay on the card, while more and more sets come. What is learnt, and by which numbers, is the
recipe's (`cut2next.recipes.mini`); how it is made quick is here.
"""
