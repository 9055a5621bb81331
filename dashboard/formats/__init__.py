"""How dates, times and numbers are written in each language: on the desk's pages and in the admin alike.

Every time carries its zone. What isn't named here is as Django has it for the language.
"""
