"""The rules that DistilHuBERT alone has."""
