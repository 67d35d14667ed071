"""What callers write in the parentheses of our functions and marks, and what each may be."""
