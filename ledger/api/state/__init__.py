"""The books at other moments than now."""
