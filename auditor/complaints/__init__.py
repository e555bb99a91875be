"""What refusals say: which field, which rule, in the words of any framework. Tables and the readers of them."""
