#endif /* HELDBY_H */
